# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Checks of what the images show: nothing, blur, frozen or repeated views, leaping exposure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray
from avpr_ros.sources.checks.image_statistics import ImageStatistics
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import NS_PER_S, stamp_text

#: An image is blurred below this share of the median sharpness.
_BLURRED_SHARE = 0.25
#: The same of images far apart in time, whose scenes differ.
_BLURRED_SHARE_APART = 0.15
#: Images this far apart in time are judged one by one; few of them may show nothing.
_LONGEST_INTERVAL_S, _LARGEST_UNUSABLE_SHARE = 0.5, 0.1
#: Shorter stretches are no finding: a bump, a passer-by.
_SHORTEST_STRETCH = 3
#: Two images with a smaller difference are the same; a camera's noise is above it.
_SAME_CHANGE = 0.05
#: A repeated image is a finding only while the robot moves: m, rad.
_MOVED_M, _MOVED_RAD = 0.02, 0.02
_FROZEN_IMAGES, _FEWEST_REPEATS = 4, 2
#: The exposure leaps where the brightness changes by this factor and the scene does not.
_EXPOSURE_RATIO, _SAME_SCENE, _DARKEST_MEAN = 1.4, 0.7, 15.0


def quality_checks(
    camera: str, statistics: ImageStatistics, moved: tuple[FloatArray, FloatArray] | None
) -> tuple[PreflightCheck, ...]:
    """Check the images of one camera.

    Args:
        camera: its name.
        statistics: measurements of N images.
        moved: (N,) metres and (N,) radians from the image before to each; None without poses.
    """
    if len(statistics.stamps) < _SHORTEST_STRETCH:
        return ()
    unusable = np.array([bool(fault) for fault in statistics.faults])
    interval_s = float(np.median(np.diff(statistics.stamps_ns))) / NS_PER_S
    if interval_s > _LONGEST_INTERVAL_S:
        # neighbouring images show other scenes: tunnels, stations, another light
        many = unusable.mean() > _LARGEST_UNUSABLE_SHARE
        blurred = _blurred(statistics, unusable, _BLURRED_SHARE_APART)
        return (
            *_unusable(camera, statistics, unusable & many),
            *_stretches('blur', camera, statistics, blurred, 'are blurred'),
            *(() if moved is None else _repeats(camera, statistics, unusable, moved)),
        )
    blurred = _blurred(statistics, unusable, _BLURRED_SHARE)
    return (
        *_unusable(camera, statistics, unusable),
        *_stretches('blur', camera, statistics, blurred, 'are blurred'),
        *_repeats(camera, statistics, unusable, moved),
        *_exposure(camera, statistics, unusable),
    )


def _unusable(
    camera: str, statistics: ImageStatistics, unusable: NDArray[np.bool_]
) -> Iterator[PreflightCheck]:
    """Report stretches of images in which nothing is visible, and why in the first of them."""
    for check in _stretches('unusable images', camera, statistics, unusable, 'show nothing'):
        fault = next(fault for fault in statistics.faults if fault)
        yield replace(check, text=f'{check.text} One of them: {fault}.')


def _blurred(
    statistics: ImageStatistics, unusable: NDArray[np.bool_], share: float
) -> NDArray[np.bool_]:
    sharpness = np.array(statistics.sharpness)
    usual = np.median(sharpness[~unusable]) if (~unusable).any() else 0.0
    return np.asarray(~unusable & (sharpness < share * usual))


def _stretches(
    name: str, camera: str, statistics: ImageStatistics, bad: NDArray[np.bool_], what: str
) -> Iterator[PreflightCheck]:
    """Report stretches of bad images."""
    runs = [run for run in _runs(bad) if run[1] - run[0] >= _SHORTEST_STRETCH]
    if not runs:
        return
    count = sum(end - begin for begin, end in runs)
    first = stamp_text(statistics.stamps[runs[0][0]])
    text = (
        f'{count} of {len(bad)} images of camera {camera} in {len(runs)} stretches {what}, '
        f'the first from stamp {first}.'
    )
    yield PreflightCheck(name, 'warning', text)


def _repeats(
    camera: str,
    statistics: ImageStatistics,
    unusable: NDArray[np.bool_],
    moved: tuple[FloatArray, FloatArray] | None,
) -> Iterator[PreflightCheck]:
    """Report frozen stretches and single repetitions."""
    with np.errstate(invalid='ignore'):
        same = (np.array(statistics.changes) < _SAME_CHANGE) & ~unusable
    if moved is not None:
        same &= (moved[0] > _MOVED_M) | (moved[1] > _MOVED_RAD)
    runs = list(_runs(same))
    frozen = [run for run in runs if run[1] - run[0] >= _FROZEN_IMAGES - 1]
    if moved is None:
        frozen = [run for run in frozen if run[1] - run[0] >= 2 * _FROZEN_IMAGES]
    single = [run for run in runs if run not in frozen] if moved is not None else []
    if frozen:
        longest = max(end - begin + 1 for begin, end in frozen)
        first = stamp_text(statistics.stamps[frozen[0][0] - 1])
        text = (
            f'Camera {camera} shows one image for up to {longest} frames, {len(frozen)} times, '
            f'the first from stamp {first}'
        )
        text += ', while the robot moves.' if moved is not None else '.'
        yield PreflightCheck('frozen images', 'warning', text)
    if len(single) >= _FEWEST_REPEATS:
        first = stamp_text(statistics.stamps[single[0][0]])
        text = (
            f'{len(single)} images of camera {camera} repeat the one before under another stamp, '
            f'the first at stamp {first}.'
        )
        yield PreflightCheck('duplicated images', 'warning', text)


def _exposure(
    camera: str, statistics: ImageStatistics, unusable: NDArray[np.bool_]
) -> Iterator[PreflightCheck]:
    """Report leaps of the brightness in an unchanged scene."""
    means = np.maximum(np.array(statistics.means), 1.0)
    ratios = np.ones(len(means))
    ratios[1:] = np.maximum(means[1:] / means[:-1], means[:-1] / means[1:])
    bright = (means > _DARKEST_MEAN) & ~unusable
    bright[1:] &= bright[:-1]
    with np.errstate(invalid='ignore'):
        same_scene = np.array(statistics.similarities) > _SAME_SCENE
    leaps = np.flatnonzero((ratios > _EXPOSURE_RATIO) & bright & same_scene)
    if not len(leaps):
        return
    text = (
        f'The brightness of camera {camera} leaps {len(leaps)} times by up to a factor of '
        f'{ratios[leaps].max():.1f} in an unchanged scene, first at stamp '
        f'{stamp_text(statistics.stamps[int(leaps[0])])}.'
    )
    yield PreflightCheck('exposure', 'warning', text)


def _runs(flags: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield first and one past the last index of each run of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    for begin, end in edges.reshape(-1, 2):
        yield int(begin), int(end)
