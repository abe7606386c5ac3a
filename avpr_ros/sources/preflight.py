# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pre-flight: the contents and faults of a source, reported before a map is built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from avpr_ros.arrays import IntArray
from avpr_ros.poses import Pose
from avpr_ros.stamps import NS_PER_S

#: Largest share of images dropped because of their stamps; above it the source is rejected.
_TOLERABLE_LOSS = 0.1
#: Share of images that should have a pose.
_GOOD_COVERAGE = 0.9


@dataclass(frozen=True)
class PreflightCheck:
    """One finding.

    Attributes:
        name: of the checked property, e.g. ``stamps``.
        level: ``ok``, ``warning`` (the source is used) or ``error`` (it is rejected).
        text: one sentence for the user.
    """

    name: str
    level: Literal['ok', 'warning', 'error']
    text: str


@dataclass(frozen=True, eq=False)
class Preflight:
    """All findings, and the checked stamps and poses.

    Attributes:
        checks: findings in the order they were made.
        stamps_ns: (N,) int64, ascending: the images that have a pose.
        poses: N poses of the base frame in the map frame, one per stamp.
    """

    checks: tuple[PreflightCheck, ...]
    stamps_ns: IntArray
    poses: list[Pose]

    @property
    def ok(self) -> bool:
        """Return whether no check is an error."""
        return all(check.level != 'error' for check in self.checks)


def images_check(where: str, stamps_ns: IntArray) -> PreflightCheck:
    """Return the number of images and their duration.

    Args:
        where: topics or folders of the images.
        stamps_ns: (M,) stamps of the images that are used.
    """
    if len(stamps_ns) == 0:
        return PreflightCheck(
            'images', 'error', f'No image in {where}: check the topic or folder of the images.'
        )
    duration_s = (stamps_ns.max() - stamps_ns.min()) / NS_PER_S
    return PreflightCheck(
        'images', 'ok', f'{len(stamps_ns)} images in {duration_s:.1f} s from {where}.'
    )


def stamps_check(
    total: int, jumps_back: int, duplicates: int, late: int, misdated: int = 0
) -> PreflightCheck:
    """Check the image stamps.

    Args:
        total: number of images before dropping any.
        jumps_back: times a camera's stamp went back.
        duplicates: images dropped because their camera had that stamp already.
        late: images dropped because they are more than a second out of their camera's order.
        misdated: images dropped because their stamp is an hour or more from all others.
    """
    if jumps_back == duplicates == late == misdated == 0:
        return PreflightCheck('stamps', 'ok', 'Image stamps rise steadily.')
    text = (
        f'Image stamps go back {jumps_back} times; of {total} images {duplicates} share a stamp '
        f'with another, {late} are more than 1 s out of order and {misdated} have a date far from '
        'the others; these are dropped.'
    )
    if duplicates + late + misdated > _TOLERABLE_LOSS * total:
        advice = (
            f' At most {_TOLERABLE_LOSS:.0%} may be dropped: correct the clock or the driver that '
            'stamps the images, or split the recording.'
        )
        return PreflightCheck('stamps', 'error', text + advice)
    return PreflightCheck('stamps', 'warning', text)


def no_stamps_check(images_ns: IntArray) -> tuple[PreflightCheck, ...]:
    """Check that images are stamped at all; no finding where they are.

    Args:
        images_ns: (M,) stamps of the images.
    """
    if len(images_ns) and not images_ns.any():
        text = 'All image stamps are 0: let the driver set header.stamp, and record again.'
        return (PreflightCheck('stamps', 'error', text),)
    return ()


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
        return PreflightCheck('poses', 'ok', text + '.')
    begin_ns, end_ns = int(images_ns.min()), int(images_ns.max())
    if span_ns[1] < begin_ns or span_ns[0] > end_ns:
        first, last, begin, end = (f'{ns / NS_PER_S:.3f}' for ns in (*span_ns, begin_ns, end_ns))
        text += (
            f'; poses span {first} to {last} s but images {begin} to {end} s: '
            'check that both use one clock'
        )
    elif gaps_s is not None and gaps_s[0] > gaps_s[1]:
        text += f': --max-gap-s {gaps_s[0]:.2f} would interpolate it, with less accurate poses'
    return PreflightCheck('poses', 'warning' if with_pose else 'error', text + '.')


def path_check(poses: list[Pose]) -> PreflightCheck:
    """Return the length of the path, summed from image to image."""
    points = np.array([pose.translation_m for pose in poses])
    length_m = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
    if length_m == 0.0:
        text = 'The path has length 0 m: all poses are equal, so only one keyframe is expected.'
        return PreflightCheck('path', 'warning', text)
    size_m = np.ptp(points, axis=0)
    text = f'The path is {length_m:.1f} m long in an area of {size_m[0]:.1f} x {size_m[1]:.1f} m.'
    return PreflightCheck('path', 'ok', text)
