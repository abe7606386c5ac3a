# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The constants of the Bayes filter, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SequenceSettings:
    """One set of constants for every map; none of them is fitted to a map or a network.

    Most were tuned by hand on two public pairs of walks, a railway filmed in summer and winter
    and a corridor walked twice; ``motion_modes`` and ``mode_switch_prob`` later on the first
    half of the railway alone, as driven, with frames skipped and with frames repeated. Figures on
    these two are therefore figures on data they were tuned on, but for the railway's second half.
    ``slow_pace`` and ``pace_memory`` come from random worlds driven through at a twentieth to two
    keyframes an image. ``min_mass`` was raised from 0.9 when a synthetic town's second drive,
    which turns off where the first did not, had 3 wrong of 379; it is a convention, not a
    probability that was checked on each map.

    Attributes:
        motion_modes: for each mode the probabilities of 0, 1, 2, ... keyframes per image.
        mode_switch_prob: probability of another motion mode, per image.
        stay_prob: probability of standing where the view should have changed but did not.
        exit_prob: probability of leaving the map, or of a wrong belief, per image.
        enter_prob: probability of coming onto the map, per image.
        branch_prob: probability of going on with another chain's keyframe of the same place.
        centre_weight: weight of the keyframe itself beside its place, when the keyframe of a
            place is chosen.
        history_weight: weight of an image's log-likelihood ratio in the prior of later images;
            below 1 as the errors of successive images are correlated.
        drift: error of odometry as a part of the distance driven.
        odometry_slack: error of any step by odometry, in keyframe spacings.
        min_travel: spacings by odometry between two predictions.
        slow_pace: share of the change of view expected from keyframe to keyframe; where images
            change less, predictions are made in steps of that much change.
        pace_memory: images over which the pace is averaged.
        contrast_radius: keyframes each side that a similarity is compared with.
        slope: of the log-likelihood ratio over the contrast.
        offset: contrast at which the log-likelihood ratio is 0.
        min_llr: smallest log-likelihood ratio of one image.
        max_llr: largest log-likelihood ratio of one image.
        mean_images: weight of the map's own means, of columns and descriptors, in images.
        mean_memory: largest number of images that these running means are over.
        min_mass: least posterior mass around the accepted keyframe.
        min_support: least log-likelihood ratio of the present image there, so that nothing is
            accepted by the prior alone.
        max_gap_s: after a longer pause between images the filter starts anew.
    """

    motion_modes: tuple[tuple[float, ...], ...] = (
        (0.5, 0.5),
        (0.01, 0.97, 0.02),
        (0.01, 0.79, 0.16, 0.03, 0.01),
        (0.0, 0.2, 0.6, 0.2),
    )
    mode_switch_prob: float = 0.02
    stay_prob: float = 0.5
    exit_prob: float = 0.01
    enter_prob: float = 0.05
    branch_prob: float = 0.02
    centre_weight: float = 0.1
    history_weight: float = 0.5
    drift: float = 0.1
    odometry_slack: float = 0.35
    min_travel: float = 0.5
    slow_pace: float = 0.25
    pace_memory: float = 10.0
    contrast_radius: int = 10
    slope: float = 2.5
    offset: float = 0.8
    min_llr: float = -2.5
    max_llr: float = 5.0
    mean_images: float = 20.0
    mean_memory: float = 200.0
    min_mass: float = 0.95
    min_support: float = 1.0
    max_gap_s: float = 10.0
