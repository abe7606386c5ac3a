# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The constants of the sequence filter, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SequenceSettings:
    """One set of constants for every map; none of them is fitted to a map or a network.

    They were tuned by hand on two public pairs of walks, a railway filmed in summer and winter
    and a corridor walked twice, with the full drives, with frames skipped and with frames
    repeated; figures on these two are therefore figures on the data they were tuned on.
    ``slow_pace`` and ``pace_memory`` come from random worlds driven through at a twentieth to two
    keyframes an image; ``slow_pace`` was then halved, which helped on a synthetic town's second
    drive and did not hurt elsewhere. Until ``min_mass`` is
    calibrated for each map it is a convention, not a probability that was checked.

    Attributes:
        speeds: keyframes per image that the robot may keep up.
        step_errors: relative weights of -1, 0, 1, ... keyframes more than the speed says.
        new_speed: probability of a new speed, per image.
        hold: probability of standing where the view should have changed but did not.
        leave: probability of leaving the map, or of being wrong about it, per image.
        enter: probability of coming onto the map, per image.
        cross: probability of going on with another chain's keyframe of the same place.
        carried_weight: of an image's evidence in the belief carried on; below 1 as the errors
            of images that follow each other are alike.
        slow_pace: share of the change of view expected from keyframe to keyframe; a robot whose
            images change less is followed in steps of that much change.
        pace_memory: images over which the pace is averaged.
        contrast_radius: keyframes each side that a similarity is compared with.
        slope: of the log likelihood ratio over the contrast.
        offset: contrast at which an image says nothing.
        least: smallest log likelihood ratio of one image.
        most: largest log likelihood ratio of one image.
        mean_images: weight of the map's own column means, in images.
        mean_memory: memory of the running column means, in images.
        min_mass: least posterior mass around the accepted keyframe.
        min_support: least log likelihood ratio of the present image there, so that nothing is
            accepted from the past alone.
        max_gap_s: after a longer pause between images everything is forgotten.
    """

    speeds: tuple[float, ...] = (0.5, 0.7, 1.0, 1.4, 2.0)
    step_errors: tuple[float, ...] = (0.02, 1.0, 0.08, 0.04, 0.04, 0.04)
    new_speed: float = 0.05
    hold: float = 0.5
    leave: float = 0.01
    enter: float = 0.05
    cross: float = 0.02
    carried_weight: float = 0.5
    slow_pace: float = 0.25
    pace_memory: float = 10.0
    contrast_radius: int = 10
    slope: float = 2.5
    offset: float = 0.8
    least: float = -2.5
    most: float = 5.0
    mean_images: float = 20.0
    mean_memory: float = 200.0
    min_mass: float = 0.9
    min_support: float = 1.0
    max_gap_s: float = 10.0
