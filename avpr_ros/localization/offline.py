# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Localisation of a recorded drive, with the recogniser that the node runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from avpr_ros.errors import ImageDecodeError
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.result import MatchResult
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics, FrameSource
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.cameras.drive_cameras import own_extrinsics

#: Odometry is not interpolated across a longer gap; as in the node.
ODOMETRY_GAP_S = 1.0


def localize_drive(
    source: FrameSource, recognizer: Recognizer, odometry: Mapping[int, Pose] | None = None
) -> Iterator[MatchResult | ImageDecodeError]:
    """Match every image of a source, in stamp order.

    The node's gates of rate, age and motion save work on a robot; here no image is left out.

    Args:
        source: the drive; of its cameras the intrinsics are used whose model is supported, and
            the extrinsics that differ from those of the map.
        recognizer: map, query network and matcher.
        odometry: ``odom_from_base`` by image stamp; images without one are matched without.

    Yields:
        One result an image; an image that cannot be decoded gives its error instead.
    """
    known = {} if odometry is None else odometry
    intrinsics = usable_intrinsics(source)
    extrinsics = own_extrinsics(source, recognizer.gallery.manifest)
    sizes_px = {camera.name: camera.sent_px for camera in source.cameras}
    for image in source.images():
        stamp_ns, camera = image.stamp_ns, image.camera
        try:
            picture = image.decode()
            result = recognizer.recognize(
                picture,
                stamp_ns,
                camera,
                known.get(stamp_ns),
                intrinsics.get(camera),
                extrinsics.get(camera),
                sent_px=sizes_px.get(camera),
            )
        except ImageDecodeError as error:
            yield error
        else:
            yield result


def usable_intrinsics(source: FrameSource) -> dict[str, CameraIntrinsics]:
    """Return the intrinsics by name of the cameras whose camera model is supported.

    For the others the camera model of the map, if it has one, stands in.
    """
    usable = {}
    for camera in source.cameras:
        intrinsics = camera.intrinsics
        if intrinsics is not None:
            with suppress(ValueError):
                CameraModel(intrinsics, intrinsics.width_px, intrinsics.height_px)
                usable[camera.name] = intrinsics
    return usable


def read_odometry(path: Path, topic: str, options: SourceOptions) -> dict[int, Pose]:
    """Read odometry of a bag at the stamps of its images.

    Args:
        path: the bag.
        topic: of the odometry.
        options: which images.

    Returns:
        ``odom_from_base`` by image stamp in nanoseconds; stamps that it does not reach are left
        out.

    Raises:
        SourceError: no bag, or no such odometry in it.
    """
    wanted = replace(
        options,
        pose_topic=topic,
        tum_file=None,
        poses_csv=None,
        poses_wanted=True,
        max_gap_s=ODOMETRY_GAP_S,
    )
    found = open_source(path, wanted).preflight()
    return dict(zip(map(int, found.stamps_ns), found.poses, strict=True))
