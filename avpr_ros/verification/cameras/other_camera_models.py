# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera models that images may have instead of the given one: of wide lenses, or rectified."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from avpr_ros.errors import CalibrationError
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.verification.cameras.camera_model import CameraModel

#: Rectification changes the focal length, too: with all of a wide image kept it shrinks.
_FOCAL_SCALES = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.1)
#: Coefficients of common wide lenses: equidistant, and k1, k2 of the pinhole model.
_WIDE = (
    ('equidistant', (0.0, 0.0, 0.0, 0.0)),
    ('plumb_bob', (-0.28, 0.07, 0.0, 0.0)),
    ('plumb_bob', (-0.38, 0.14, 0.0, 0.0)),
)


class CameraModels(NamedTuple):
    """The given model of a camera, those of wide lenses, and those of rectified images."""

    given: CameraModel
    wide: list[CameraModel]
    rectified: list[CameraModel]


def camera_models(intrinsics: CameraIntrinsics, width_px: int, height_px: int) -> CameraModels:
    """Return the models of images of a size.

    Raises:
        CalibrationError: the intrinsics cannot be used.
    """
    wide = [replace(intrinsics, distortion_model=name, d=d) for name, d in _WIDE]
    scales = _FOCAL_SCALES if any(intrinsics.d) else ()
    rectified = [_without_distortion(intrinsics, scale) for scale in scales]
    return CameraModels(
        CameraModel(intrinsics, width_px, height_px),
        _usable(wide, width_px, height_px),
        _usable(rectified, width_px, height_px),
    )


def _usable(models: list[CameraIntrinsics], width_px: int, height_px: int) -> list[CameraModel]:
    """Return those that exist at this focal length: strong distortion folds a wide view."""
    found = []
    for one in models:
        with suppress(CalibrationError):
            found.append(CameraModel(one, width_px, height_px))
    return found


def other_model(wide: float, rectified: float) -> str:
    """Return which of the other models explains most, and what to do about it.

    Args:
        wide: share of the matches that a wide lens explains.
        rectified: share that a model without distortion explains.
    """
    if wide > rectified:
        return (
            f'with the distortion of a wide lens {min(wide, 1):.0%}: has camera_info the model of '
            "the calibration, such as 'equidistant' of a fisheye lens?"
        )
    return (
        f'without distortion {min(rectified, 1):.0%}: are its images rectified already? Name '
        "their topic 'image_rect', so that P is taken."
    )


def _without_distortion(intrinsics: CameraIntrinsics, scale: float) -> CameraIntrinsics:
    """Return a pinhole model with scaled focal lengths, as after rectification."""
    k = np.array(intrinsics.k)
    k[[0, 4]] *= scale
    return replace(intrinsics, distortion_model='', k=tuple(k.tolist()), d=())
