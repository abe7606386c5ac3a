# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The true poses of a drive that is to be localised, where it has any."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from avpr_ros.errors import AmbiguousTopicError, SourceError
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.poses import Pose
from avpr_ros.sources.checks.decoding import decoding_checks
from avpr_ros.sources.checks.frame_checks import recorded_frame_check
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.preflight import Preflight, PreflightCheck
from avpr_ros.verification.cameras.drive_cameras import camera_checks

#: Names of the checks of images; without usable images nothing can be matched.
_IMAGE_CHECKS = ('images', 'stamps', 'decoding')


@dataclass(frozen=True)
class EvaluationDrive:
    """A source with its ground-truth poses, if known.

    Attributes:
        source: the source; gives the images in order.
        truth: true ``map_from_base`` by stamp in nanoseconds; empty where not known.
        no_truth: why no ground truth is known; None where it is known.
        checks: findings about images and poses.
    """

    source: FrameSource
    truth: dict[int, Pose]
    no_truth: str | None
    checks: tuple[PreflightCheck, ...] = ()


def open_drive(path: Path, options: SourceOptions, manifest: Manifest) -> EvaluationDrive:
    """Open a source with its poses, or without them where it has none.

    Poses that the options name must be there; others are taken where they are.

    Args:
        path: bag or image folder.
        options: how to read it.
        manifest: of the map; poses in another frame than its own are no ground truth, and
            cameras that differ from its cameras are findings.

    Raises:
        SourceError: unreadable, without usable images, with several topics that may be meant, or
            without the poses that were named.
    """
    map_frame = manifest.map_frame
    named = (options.pose_topic, options.tum_file, options.poses_csv)
    try:
        source = open_source(path, options)
        preflight = source.preflight()
    except AmbiguousTopicError:
        raise
    except SourceError as error:
        if any(choice is not None for choice in named) or not options.poses_wanted:
            raise
        base_frame = options.base_frame or manifest.base_frame
        source = open_source(path, replace(options, poses_wanted=False, base_frame=base_frame))
        checks = _image_checks(source, source.preflight())
        return EvaluationDrive(source, {}, str(error), (*checks, *camera_checks(source, manifest)))
    checks = (*_image_checks(source, preflight), *camera_checks(source, manifest))
    failed = [check.text for check in checks if check.level == 'error']
    if source.map_frame != map_frame:
        failed = [
            f'poses of {source.name} are in {source.map_frame} and the map is in {map_frame}: '
            f'set --map-frame {map_frame} if that is the same frame'
        ]
    elif options.map_frame is None:
        failed += [c.text for c in recorded_frame_check(preflight, map_frame, source.name)]
    if failed:
        return EvaluationDrive(source, {}, ' '.join(failed), checks)
    truth = dict(zip((int(stamp) for stamp in preflight.stamps_ns), preflight.poses, strict=True))
    no_truth = None if truth else f'no image of {source.name} has a pose'
    return EvaluationDrive(source, truth, no_truth, checks)


def _image_checks(source: FrameSource, preflight: Preflight) -> tuple[PreflightCheck, ...]:
    """Return all findings.

    Raises:
        SourceError: the images cannot be used, whatever the poses are.
    """
    checks = (*preflight.checks, *decoding_checks(source))
    failed = [c.text for c in checks if c.level == 'error' and c.name in _IMAGE_CHECKS]
    if failed:
        raise SourceError(f'{source.name}: {" ".join(failed)}')
    return checks
