# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The constants of the sequence filter, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SequenceSettings:
    """One set of constants for every map; none of them is fitted to a map or a network.

    Most were tuned by hand on two public pairs of walks, a railway filmed in summer and winter
    and a corridor walked twice; ``ways`` and ``new_way`` later on the first
    half of the railway alone, as driven, with frames skipped and with frames repeated. Figures on
    these two are therefore figures on data they were tuned on, but for the railway's second half.
    ``slow_pace`` and ``pace_memory`` come from random worlds driven through at a twentieth to two
    keyframes an image. ``min_mass`` was raised from 0.9 when a synthetic town's second drive,
    which turns off where the first did not, had 3 wrong of 379; it is a convention, not a
    probability that was checked on each map.

    Attributes:
        ways: ways of driving that the robot may keep up; for each the probabilities of 0, 1, 2,
            ... keyframes an image.
        new_way: probability of another way of driving, per image.
        hold: probability of standing where the view should have changed but did not.
        leave: probability of leaving the map, or of being wrong about it, per image.
        enter: probability of coming onto the map, per image.
        cross: probability of going on with another chain's keyframe of the same place.
        exact: what being at the very keyframe counts beside being in its place, where the answer
            is chosen.
        carried_weight: of an image's evidence in the belief carried on; below 1 as the errors
            of images that follow each other are alike.
        drift: part of the way by which odometry may be wrong.
        play: spacings by which any step by odometry may be.
        min_travel: spacings by odometry between two steps of the belief.
        slow_pace: share of the change of view expected from keyframe to keyframe; a robot whose
            images change less is followed in steps of that much change.
        pace_memory: images over which the pace is averaged.
        contrast_radius: keyframes each side that a similarity is compared with.
        slope: of the log likelihood ratio over the contrast.
        offset: contrast at which an image says nothing.
        least: smallest log likelihood ratio of one image.
        most: largest log likelihood ratio of one image.
        mean_images: weight of the map's own means, of columns and descriptors, in images.
        mean_memory: memory of these running means, in images.
        min_mass: least posterior mass around the accepted keyframe.
        min_support: least log likelihood ratio of the present image there, so that nothing is
            accepted from the past alone.
        max_gap_s: after a longer pause between images everything is forgotten.
    """

    ways: tuple[tuple[float, ...], ...] = (
        (0.5, 0.5),
        (0.01, 0.97, 0.02),
        (0.01, 0.79, 0.16, 0.03, 0.01),
        (0.0, 0.2, 0.6, 0.2),
    )
    new_way: float = 0.02
    hold: float = 0.5
    leave: float = 0.01
    enter: float = 0.05
    cross: float = 0.02
    exact: float = 0.1
    carried_weight: float = 0.5
    drift: float = 0.1
    play: float = 0.35
    min_travel: float = 0.5
    slow_pace: float = 0.25
    pace_memory: float = 10.0
    contrast_radius: int = 10
    slope: float = 2.5
    offset: float = 0.8
    least: float = -2.5
    most: float = 5.0
    mean_images: float = 20.0
    mean_memory: float = 200.0
    min_mass: float = 0.95
    min_support: float = 1.0
    max_gap_s: float = 10.0
