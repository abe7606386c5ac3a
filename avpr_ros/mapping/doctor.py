# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""All checks of one source, those of a build and those of its images, with their remedies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
import math
from pathlib import Path

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.camera_model_check import camera_model_checks
from avpr_ros.mapping.doctor_texts import explanation
from avpr_ros.mapping.drive_checks import DriveRules, check_drives
from avpr_ros.pose_rows import rows_of
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.checks.decoding import decoding_checks
from avpr_ros.sources.checks.image_motion import motion_checks
from avpr_ros.sources.checks.image_quality import quality_checks
from avpr_ros.sources.checks.image_statistics import measure_images
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.open import open_recording
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.pose_track import PoseTrack
from avpr_ros.sources.preflight import CheckLevel, Preflight, PreflightCheck
from avpr_ros.verification.cameras.drive_cameras import camera_checks

_MAX_GAP_S = 1.0
_LEVELS = ('ok', 'warning', 'error')


@dataclass(frozen=True)
class Finding:
    """One finding.

    Attributes:
        check: name of the checked property.
        level: ``ok``, ``warning`` or ``error``.
        found: what was measured.
        why: why it matters; empty where the level is ``ok``.
        remedy: what to do about it; empty likewise.
    """

    check: str
    level: str
    found: str
    why: str
    remedy: str


def exit_code(findings: list[Finding]) -> int:
    """Return 0 where all findings are ok, 1 with warnings, 2 with errors."""
    return max((_LEVELS.index(finding.level) for finding in findings), default=0)


def examine(
    paths: Sequence[Path], options: SourceOptions, rules: DriveRules, gallery: GalleryMap | None
) -> list[Finding]:
    """Run all checks on a recording.

    Args:
        paths: the bag or folder, or the files of one bag.
        options: how it is read.
        rules: what a build would ask of it.
        gallery: map that it shall be added to or matched against, if any.
    """
    opened = False
    try:
        source = open_recording(paths, options)
        opened = True
        (checked,) = check_drives([source], rules, gallery)
        preflight = checked.preflight
        checks = [*preflight.checks, *_camera_checks(source), *_image_checks(source, preflight)]
        if gallery is not None:
            checks += camera_checks(source, gallery.manifest)
    except SourceError as error:
        checks = _without_poses(paths, options, error, opened, gallery)
    return [_finding(check) for check in checks]


def _without_poses(
    paths: Sequence[Path],
    options: SourceOptions,
    error: SourceError,
    opened: bool,
    gallery: GalleryMap | None,
) -> list[PreflightCheck]:
    """Check the images alone where the poses cannot be read.

    Args:
        paths: the bag or folder.
        options: how it was read.
        error: the fault of it with poses.
        opened: whether poses were found, and could not be used.
        gallery: map that the images are matched with, if any.
    """
    images_only = replace(
        options, pose_topic=None, tum_file=None, poses_csv=None, poses_wanted=False
    )
    if gallery is not None and options.base_frame is None:
        images_only = replace(images_only, base_frame=gallery.manifest.base_frame)
    try:
        source = open_recording(paths, images_only)
        preflight = source.preflight()
        checks = [*preflight.checks, *decoding_checks(source), *_camera_checks(source)]
        checks += _image_checks(source, preflight)
        if gallery is not None:
            checks += camera_checks(source, gallery.manifest)
    except SourceError as second:
        return [PreflightCheck('source', 'error', str(second))]
    if opened:
        return [PreflightCheck('poses', 'error', str(error)), *checks]
    named = (options.pose_topic, options.tum_file, options.poses_csv)
    level: CheckLevel = 'warning' if isinstance(source, BagSource) else 'ok'
    text = f'{error} Without poses images can be matched, and no map be built.'
    if any(choice is not None for choice in named):
        level, text = 'error', str(error)
    return [PreflightCheck('choice of poses', level, text), *checks]


def _camera_checks(source: FrameSource) -> list[PreflightCheck]:
    """Report cameras without a usable camera_info; extrinsics are in the pre-flight."""
    if not isinstance(source, BagSource):
        return []
    found = []
    for camera in source.cameras:
        if camera.intrinsics is None:
            text = f'The bag has no usable camera_info of camera {camera.name}.'
            found.append(PreflightCheck('intrinsics', 'warning', text))
    return found


def _image_checks(source: FrameSource, preflight: Preflight) -> list[PreflightCheck]:
    measured = measure_images(source.images(), preflight.images)
    track = None
    if preflight.poses:
        rows = rows_of(preflight.poses)
        track = PoseTrack.from_samples(preflight.stamps_ns, rows, source.name)
    found: list[PreflightCheck] = []
    for camera in source.cameras:
        if camera.name not in measured:
            continue
        statistics = measured[camera.name]
        moved = None if track is None else _moved(statistics.stamps_ns, track)
        found += quality_checks(camera.name, statistics, moved)
        if track is not None:
            moving = motion_checks(camera, statistics, track)
            # a wrong clock or frame contradicts the poses of pairs of images, too
            found += moving or camera_model_checks(camera, source.frames())
    return found


def _moved(stamps_ns: IntArray, track: PoseTrack) -> tuple[FloatArray, FloatArray]:
    """Return the distance and rotation from the image before to each; 0 where unknown."""
    distances, turns = np.zeros(len(stamps_ns)), np.zeros(len(stamps_ns))
    at = track.at(stamps_ns, _MAX_GAP_S)
    both = at.valid[1:] & at.valid[:-1]
    steps = np.linalg.norm(np.diff(at.translations_m, axis=0), axis=1)
    angles = (at.rotations[:-1].inv() * at.rotations[1:]).magnitude()
    distances[1:] = np.where(both, steps, 0.0)
    turns[1:] = np.where(both, np.minimum(angles, math.pi), 0.0)
    return distances, turns


def _finding(check: PreflightCheck) -> Finding:
    why, remedy = ('', '') if check.level == 'ok' else explanation(check.name)
    return Finding(check.name, check.level, check.text, why, remedy)
