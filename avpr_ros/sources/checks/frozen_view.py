# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether the images change while the robot moves: those of a frozen driver do not."""

from __future__ import annotations

import cv2
import numpy as np

from avpr_ros.arrays import FloatArray, RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.preflight import Preflight, PreflightCheck

#: Images that are compared with the first, each this far from the one before.
_COMPARED, _APART_M = 4, 0.5
#: Mean difference in grey levels below which two images are the same, and the width at which it
#: is measured: the noise of a camera is averaged out.
_SAME_CHANGE, _WIDTH_PX = 0.3, 64


def frozen_checks(source: FrameSource, preflight: Preflight) -> tuple[PreflightCheck, ...]:
    """Check that some image of every camera differs from its first, metres apart.

    Reads as far into the source as the first image of each camera that differs.
    """
    poses = dict(zip(preflight.stamps_ns.tolist(), preflight.poses, strict=True))
    first: dict[str, FloatArray] = {}
    last: dict[str, Pose] = {}
    same: dict[str, int] = {camera.name: 0 for camera in source.cameras}
    waiting = set(same)
    for image in source.images():
        camera, pose = image.camera, poses.get(image.stamp_ns)
        if camera not in waiting or pose is None:
            continue
        if camera in last and pose.distance_m(last[camera]) < _APART_M:
            continue
        try:
            small = _reduced(image.decode())
        except ImageDecodeError:
            continue
        last[camera] = pose
        if camera not in first:
            first[camera] = small
        elif _same(first[camera], small):
            same[camera] += 1
        else:
            same[camera] = 0
            waiting.discard(camera)
        if same[camera] >= _COMPARED:
            waiting.discard(camera)
        if not waiting:
            break
    return tuple(
        PreflightCheck(
            'frozen images',
            'warning',
            f'The first {count + 1} images of camera {camera} that are {_APART_M:g} m or more '
            'apart are the same: check that its driver was not frozen, and that the poses are of '
            'this drive.',
        )
        for camera, count in same.items()
        if count >= _COMPARED
    )


def _reduced(image: RgbImage) -> FloatArray:
    height, width = image.shape[:2]
    size = (_WIDTH_PX, max(1, round(_WIDTH_PX * height / width)))
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.float64)


def _same(first: FloatArray, second: FloatArray) -> bool:
    return first.shape == second.shape and float(np.abs(first - second).mean()) < _SAME_CHANGE
