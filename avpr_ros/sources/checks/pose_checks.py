# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Checks of pose samples: stamps, rows, coverage of the images, extent of the path."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.poses import Pose
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import NS_PER_S, stamp_text

#: A smaller path, at coordinates such as degrees have, may be one in degrees: about 5 km.
_DEGREES_EXTENT = 0.05
#: Poses of one stamp may differ by so much: a localisation that corrects itself.
_LARGEST_CONFLICT_M = 3.0
#: Components of quaternions that are 0 but for rounding, and those of a robot that lies aside.
_NO_TURN, _ROLLED = 1e-6, 0.3
#: A map is of one site: no drive of it is farther from all others.
_FARTHEST_DRIVE_M = 10_000.0
#: Heights beyond those of the Earth's surface: coordinates from the centre of the Earth.
HIGHEST_M = 10_000.0
#: Share of images that should have a pose.
_GOOD_COVERAGE = 0.9
#: No robot moves so evenly that a longer gap can be interpolated.
_LONGEST_BRIDGED_S = 5.0


def pose_stamps_check(
    jumps_back: int, duplicates: int, invalid: int
) -> tuple[PreflightCheck, ...]:
    """Check the samples of a pose track; no finding where all are valid.

    Args:
        jumps_back: number of times the stamps go back.
        duplicates: samples dropped because of a repeated stamp.
        invalid: samples dropped because of invalid numbers.
    """
    if jumps_back == duplicates == invalid == 0:
        return ()
    text = (
        f'Pose stamps go back {jumps_back} times, {duplicates} poses repeat a stamp and '
        f'{invalid} have invalid numbers; the rest is used.'
    )
    return (PreflightCheck('pose stamps', 'warning', text),)


def conflict_check(
    what: str, largest_conflict_m: float, stamps_ns: IntArray
) -> tuple[PreflightCheck, ...]:
    """Check that poses of one stamp agree; no finding where they do.

    Args:
        what: source of the poses.
        largest_conflict_m: largest distance between two positions of one stamp.
        stamps_ns: (N,) stamps, none twice.
    """
    if largest_conflict_m <= _LARGEST_CONFLICT_M:
        return ()
    if len(stamps_ns) == 1:
        text = (
            f'All poses of {what} have the stamp {stamp_text(int(stamps_ns[0]))}: let their '
            'publisher set the stamp of each.'
        )
        return (PreflightCheck('pose stamps', 'error', text),)
    text = (
        f'{what} has two positions {largest_conflict_m:.1f} m apart at one stamp: two publishers '
        'seem to share it; record one of them.'
    )
    return (PreflightCheck('pose stamps', 'error', text),)


def quaternion_order_check(what: str, quaternions: FloatArray) -> tuple[PreflightCheck, ...]:
    """Check that the rotations are no headings whose quaternions have w in front.

    Args:
        what: source of the poses.
        quaternions: (N, 4) x y z w.
    """
    aside, about_x = np.abs(quaternions[:, 1:3]).max(), np.abs(quaternions[:, 0]).max()
    if aside > _NO_TURN or about_x < _ROLLED:
        return ()
    text = (
        f'All rotations of {what} are about the x axis: quaternions with w in front look so; the '
        'order is x y z w.'
    )
    return (PreflightCheck('rotation', 'warning', text),)


def skipped_rows_check(
    name: str, skipped: int, read: int, first_fault: str
) -> tuple[PreflightCheck, ...]:
    """Check the rows of a file of poses; no finding where all are read.

    Args:
        name: of the file.
        skipped: rows that are no poses.
        read: rows that are.
        first_fault: number of the first row that was skipped, and why.
    """
    if skipped == 0:
        return ()
    text = f'{skipped} of {skipped + read} rows of {name} are no poses and are skipped'
    return (PreflightCheck('rows', 'warning', f'{text}, the first is {first_fault}.'),)


def coverage_check(
    description: str,
    images_ns: IntArray,
    with_pose: int,
    span_ns: tuple[int, int],
    gaps_s: tuple[float, float] | None,
) -> PreflightCheck:
    """Check the share of images that have a pose.

    Args:
        description: source of the poses.
        images_ns: (M,) image stamps, M >= 1.
        with_pose: how many of them have a pose.
        span_ns: first and last stamp of the poses.
        gaps_s: longest time without a pose sample while images came, and the limit of
            interpolation; None where poses belong to single images.
    """
    share = with_pose / len(images_ns)
    text = f'{with_pose} of {len(images_ns)} images ({share:.0%}) have a pose from {description}'
    if gaps_s is not None:
        text += f'; the largest gap between poses is {gaps_s[0]:.2f} s, the limit {gaps_s[1]:g} s'
    if share >= _GOOD_COVERAGE:
        if gaps_s is not None and gaps_s[0] > gaps_s[1] and with_pose < len(images_ns):
            text += ', so the images within it are left out'
        return PreflightCheck('poses', 'ok', text + '.')
    begin_ns, end_ns = int(images_ns.min()), int(images_ns.max())
    outside = int(((images_ns < span_ns[0]) | (images_ns > span_ns[1])).sum())
    if span_ns == (0, 0):
        text += ': the stamps of all poses are 0; let their publisher set header.stamp'
    elif 2 * outside > len(images_ns) - with_pose:
        first, last, begin, end = (f'{ns / NS_PER_S:.3f}' for ns in (*span_ns, begin_ns, end_ns))
        text += (
            f'; poses span {first} to {last} s but images {begin} to {end} s: '
            'check that both use one clock, and record poses of the whole drive'
        )
    elif gaps_s is not None and gaps_s[0] > _LONGEST_BRIDGED_S:
        text += ': poses are missing there, or the clock of the images leaps'
    elif gaps_s is not None and gaps_s[0] > gaps_s[1]:
        text += f': --max-gap-s {gaps_s[0]:.2f} would interpolate it, with less accurate poses'
    return PreflightCheck('poses', 'warning' if with_pose else 'error', text + '.')


def camera_coverage_checks(
    names: Sequence[str], rows: IntArray, images_ns: IntArray, valid: NDArray[np.bool_]
) -> tuple[PreflightCheck, ...]:
    """Report cameras whose images have no poses while those of others have.

    Args:
        names: of the cameras; fewer than two are not compared.
        rows: (M,) index of each image's camera.
        images_ns: (M,) stamps of the images.
        valid: (M,) whether each has a pose.
    """
    if len(names) < 2 or not valid.any():
        return ()
    found = []
    for row, name in enumerate(names):
        own = rows == row
        if not own.any() or valid[own].mean() >= 0.5 * valid[~own].mean():
            continue
        first, last = (f'{ns / NS_PER_S:.3f}' for ns in (images_ns[own][0], images_ns[own][-1]))
        text = (
            f'Only {int(valid[own].sum())} of {int(own.sum())} images of camera {name} have a '
            f'pose; they span {first} to {last} s: check the clock of this camera.'
        )
        found.append(PreflightCheck('poses', 'warning', text))
    return tuple(found)


def far_drive_check(
    positions_m: FloatArray, others: Sequence[FloatArray]
) -> tuple[PreflightCheck, ...]:
    """Check that a drive is near another one; no finding where it is.

    Args:
        positions_m: (N, 3) of the drive.
        others: (M, 3) positions of each other drive of the map.
    """
    apart_m = min(_box_distance_m(positions_m, other) for other in others)
    if apart_m <= _FARTHEST_DRIVE_M:
        return ()
    text = (
        f'This drive is {apart_m / 1000:.0f} km from every other one of the map: check that their '
        'poses are in one frame with one origin.'
    )
    return (PreflightCheck('path', 'warning', text),)


def _box_distance_m(first: FloatArray, second: FloatArray) -> float:
    """Return the distance of the bounding boxes of two paths."""
    gaps = np.maximum(
        first.min(axis=0) - second.max(axis=0), second.min(axis=0) - first.max(axis=0)
    )
    return float(np.linalg.norm(np.maximum(gaps, 0.0)))


def path_check(poses: list[Pose]) -> PreflightCheck:
    """Return the length of the path, summed from image to image."""
    points = np.array([pose.translation_m for pose in poses])
    length_m = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    size_m = np.ptp(points, axis=0)
    if 0.0 < max(size_m[:2]) < _DEGREES_EXTENT and _like_degrees(points):
        text = (
            f'The path stays within {max(size_m[:2]):.6f} m of x {points[0, 0]:.6f}, '
            f'y {points[0, 1]:.6f}: if these are latitude and longitude in degrees, convert them '
            'to metres, or give the topic of the GNSS fixes.'
        )
        return PreflightCheck('path', 'warning', text)
    if float(np.abs(points[:, 2]).min()) > HIGHEST_M:
        text = (
            f'The path is at a height of {points[0, 2] / 1000:.0f} km: coordinates from the '
            'centre of the Earth look so; convert them to a local frame with z up.'
        )
        return PreflightCheck('path', 'warning', text)
    if length_m == 0.0:
        text = 'The path has length 0 m: all poses are equal, so only one keyframe is expected.'
        return PreflightCheck('path', 'warning', text)
    text = f'The path is {length_m:.1f} m long in an area of {size_m[0]:.1f} x {size_m[1]:.1f} m.'
    return PreflightCheck('path', 'ok', text)


def _like_degrees(points: FloatArray) -> bool:
    """Return whether positions may be latitudes and longitudes: in range, away from the origin."""
    largest = np.abs(points[:, :2]).max(axis=0)
    return bool(largest.min() > 1.0 and largest.min() <= 90.0 and largest.max() <= 180.0)
