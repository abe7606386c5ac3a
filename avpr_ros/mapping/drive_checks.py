# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The checks of drives before they go into a map: one list for dry run, build and append."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from avpr_ros.errors import SourceError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframe_selection import select_keyframes
from avpr_ros.mapping.duplicate_drives import duplicate_of_drive, duplicate_of_map
from avpr_ros.pose_rows import rows_of
from avpr_ros.sources.checks.decoding import decoding_checks
from avpr_ros.sources.checks.frame_checks import recorded_frame_check, shared_frame_checks
from avpr_ros.sources.checks.frozen_view import frozen_checks
from avpr_ros.sources.checks.pose_checks import far_drive_check
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.preflight import Preflight, PreflightCheck

#: A map of fewer keyframes has no descriptor space: it is fitted to their differences.
_FEWEST_KEYFRAMES = 2


@dataclass(frozen=True)
class DriveRules:
    """What is asked of the drives of one map.

    Attributes:
        min_distance_m: distance after which a keyframe is taken.
        min_rotation_rad: rotation after which a keyframe is taken.
        frame_stated: whether the user named the frame of the poses, so that they are in it
            whatever the recording says.
        allow_duplicates: whether a drive may be in the map twice.
    """

    min_distance_m: float
    min_rotation_rad: float
    frame_stated: bool = False
    allow_duplicates: bool = False


@dataclass(frozen=True, eq=False)
class CheckedDrive:
    """A drive with all findings.

    Attributes:
        drive: the source.
        preflight: findings of the source itself and of it as part of a map.
        keyframes: expected number of keyframes of all its cameras.
    """

    drive: FrameSource
    preflight: Preflight
    keyframes: int


def check_drives(
    drives: Sequence[FrameSource], rules: DriveRules, gallery: GalleryMap | None = None
) -> list[CheckedDrive]:
    """Run all checks on the drives of a map.

    Args:
        drives: in the order they go into the map.
        rules: what is asked of them.
        gallery: the map they are added to; None for a new one.

    Raises:
        SourceError: a drive cannot be read.
    """
    checked: list[CheckedDrive] = []
    for drive in drives:
        preflight = drive.preflight()
        added = []
        if len(preflight.stamps_ns):
            added = [*decoding_checks(drive), *frozen_checks(drive, preflight)]
        added += _distance_checks(preflight, checked, gallery)
        added += _frame_checks(drive, preflight, drives, rules, gallery)
        if not rules.allow_duplicates:
            added += _duplicate_checks(drive, preflight, checked, gallery)
        expected = expected_keyframes(drive, preflight, rules)
        full = replace(preflight, checks=(*preflight.checks, *added))
        checked.append(CheckedDrive(drive, full, expected))
    total = sum(one.keyframes for one in checked)
    if checked and gallery is None and total < _FEWEST_KEYFRAMES:
        last = checked[-1]
        text = (
            f'{total} keyframes are expected and a map needs {_FEWEST_KEYFRAMES}: record a longer '
            'drive, or lower --min-distance-m and --min-rotation-deg.'
        )
        checks = (*last.preflight.checks, PreflightCheck('keyframes', 'error', text))
        checked[-1] = replace(last, preflight=replace(last.preflight, checks=checks))
    return checked


def require_ok(checked: Sequence[CheckedDrive]) -> None:
    """Raise ``SourceError`` with the text of all checks that are errors, if any."""
    failed = [
        f'{one.drive.name}: {check.text}'
        for one in checked
        for check in one.preflight.checks
        if check.level == 'error'
    ]
    if failed:
        raise SourceError(' '.join(failed))


def expected_keyframes(drive: FrameSource, preflight: Preflight, rules: DriveRules) -> int:
    """Return the expected number of keyframes, the same from each camera."""
    chosen = select_keyframes(
        preflight.stamps_ns, preflight.poses, rules.min_distance_m, rules.min_rotation_rad
    )
    return min(len(chosen) * len(drive.cameras), len(preflight.poses))


def _frame_checks(
    drive: FrameSource,
    preflight: Preflight,
    drives: Sequence[FrameSource],
    rules: DriveRules,
    gallery: GalleryMap | None,
) -> tuple[PreflightCheck, ...]:
    found: tuple[PreflightCheck, ...] = ()
    if gallery is not None:
        found = shared_frame_checks(gallery.manifest, f'The map {gallery.path.name}', drive)
    elif drive is not drives[0]:
        found = shared_frame_checks(drives[0], drives[0].name, drive)
    together = gallery is not None or len(drives) > 1
    if together and not rules.frame_stated and not found:
        found = recorded_frame_check(preflight, drive.map_frame, drive.name)
    return found


def _distance_checks(
    preflight: Preflight, before: Sequence[CheckedDrive], gallery: GalleryMap | None
) -> tuple[PreflightCheck, ...]:
    """Check that a drive is near the map, or one of the drives before it."""
    others = [rows_of(one.preflight.poses)[:, :3] for one in before if one.preflight.poses]
    if gallery is not None:
        others.append(gallery.keyframes.poses[:, :3])
    if not preflight.poses or not others:
        return ()
    return far_drive_check(rows_of(preflight.poses)[:, :3], others)


def _duplicate_checks(
    drive: FrameSource,
    preflight: Preflight,
    before: Sequence[CheckedDrive],
    gallery: GalleryMap | None,
) -> tuple[PreflightCheck, ...]:
    if gallery is not None and (found := duplicate_of_map(drive, preflight.stamps_ns, gallery)):
        return found
    for other in before:
        stamps_ns = other.preflight.stamps_ns
        if found := duplicate_of_drive(drive, preflight.stamps_ns, other.drive, stamps_ns):
            return found
    return ()
