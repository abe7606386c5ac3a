# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Check of camera model parameters: known distortion models, possible numbers."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
import math

import cv2
import numpy as np

from avpr_ros.errors import CalibrationError, UnsupportedModelError
from avpr_ros.sources.frame import CameraIntrinsics

#: Names of OpenCV's pinhole model, with or without radial and tangential distortion.
_PINHOLE = {
    *('', 'none', 'pinhole', 'plumb_bob', 'rational_polynomial', 'thin_prism'),
    *('radtan', 'radial_tangential', 'brown_conrady'),
}
#: Names of OpenCV's fisheye model (Kannala & Brandt, PAMI 2006).
_FISHEYE = {'equidistant', 'fisheye', 'kannala_brandt', 'kannala_brandt4'}
#: Numbers of coefficients that OpenCV's pinhole model takes, in its order.
_PINHOLE_COUNTS = (0, 4, 5, 8, 12, 14)
_FISHEYE_COUNT = 4
#: Names of models that are not OpenCV's, and are its pinhole model where all coefficients are 0.
_PINHOLE_IF_ZERO = {'inverse_brown_conrady', 'modified_brown_conrady'}
#: Largest difference between the aspect ratios of image and intrinsics.
_MAX_STRETCH = 0.02
#: No lens has a shorter focal length, as a share of the width of the images.
_SHORTEST_FOCAL = 0.02
#: Ratio of the focal lengths; of anamorphic lenses it is 2 at most.
_LARGEST_ASPECT = 2.5
#: Focal lengths from a region of interest to the principal point: 80 degrees of a pinhole camera.
_LARGEST_OFFSET = 5.7
#: Share of the view in which undistorted pixels must come back when they are distorted, and by
#: how many pixels they may miss.
_INNER_SHARE, _LARGEST_ERROR_PX = 0.5, 1.0
_ITERATIONS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 50, 1e-6)


def is_fisheye(distortion_model: str) -> bool:
    """Return whether a distortion model is the fisheye model."""
    return _normalised(distortion_model) in _FISHEYE


def check_intrinsics(intrinsics: CameraIntrinsics) -> None:
    """Check that a camera model can be computed with.

    Raises:
        UnsupportedModelError: the distortion model is not known.
        CalibrationError: a number is missing, not finite or impossible; the text names it.
    """
    model = _normalised(intrinsics.distortion_model)
    ideal = model in _PINHOLE_IF_ZERO and not any(intrinsics.d)
    if not ideal and model not in _PINHOLE | _FISHEYE:
        raise UnsupportedModelError(
            f"distortion model '{intrinsics.distortion_model:.60}' is not supported: calibrate "
            'the camera with plumb_bob, rational_polynomial or equidistant'
        )
    for name, values in (('K', intrinsics.k), ('D', intrinsics.d)):
        wrong = [value for value in values if not math.isfinite(value)]
        if wrong:
            raise CalibrationError(
                f'{name} holds {wrong[0]}: calibrate the camera again or correct its calibration '
                'file'
            )
    fx, fy = intrinsics.k[0], intrinsics.k[4]
    if fx <= 0 or fy <= 0:
        raise CalibrationError(
            f'the focal lengths in K are {fx:g} and {fy:g} px, both must be above 0: calibrate '
            'the camera'
        )
    if any(intrinsics.k[6:8]):
        raise CalibrationError(
            f'the last row of K begins with {intrinsics.k[6]:g}, {intrinsics.k[7]:g} instead of '
            '0, 0: write K row by row'
        )
    if intrinsics.k[3] or (len(intrinsics.k) > 8 and intrinsics.k[8] != 1):
        raise CalibrationError(
            f'K holds {intrinsics.k[3]:g} before fy and {intrinsics.k[8]:g} at its end instead of '
            '0 and 1: write K row by row, not scaled'
        )
    if max(fx, fy) > _LARGEST_ASPECT * min(fx, fy):
        raise CalibrationError(
            f'the focal lengths in K are {fx:g} and {fy:g} px, which differ by more than a factor '
            f'of {_LARGEST_ASPECT:g}: calibrate the camera'
        )
    offset_px = max(abs(intrinsics.k[2]), abs(intrinsics.k[5]))
    if offset_px == 0 or offset_px > _LARGEST_OFFSET * max(fx, fy) + intrinsics.width_px:
        raise CalibrationError(
            f'the principal point in K is {intrinsics.k[2]:g}, {intrinsics.k[5]:g} px, which is '
            'not in the view: calibrate the camera'
        )
    if max(fx, fy) < _SHORTEST_FOCAL * intrinsics.width_px:
        raise CalibrationError(
            f'the focal lengths in K are {fx:g} and {fy:g} px for images {intrinsics.width_px} px '
            'wide: give them in pixels'
        )
    if intrinsics.width_px <= 0 or intrinsics.height_px <= 0:
        raise CalibrationError(
            f'the image size is {intrinsics.width_px} x {intrinsics.height_px}: set width and '
            'height in camera_info'
        )
    _check_coefficients(model, intrinsics)
    _check_invertible(intrinsics)


def check_shape(intrinsics: CameraIntrinsics, width_px: int, height_px: int) -> None:
    """Check that an image has the aspect ratio of the intrinsics.

    Raises:
        UnsupportedModelError: it has another one.
    """
    stretch = (width_px * intrinsics.height_px) / (height_px * intrinsics.width_px)
    if abs(stretch - 1) > _MAX_STRETCH:
        raise UnsupportedModelError(
            f'the image is {width_px} x {height_px} px and the camera model is of '
            f'{intrinsics.width_px} x {intrinsics.height_px} px, another aspect ratio: calibrate '
            'at the size of the images, or set roi and binning in camera_info'
        )


def size_doubt(
    intrinsics: CameraIntrinsics, image_px: tuple[int, int] | None, whose: str
) -> str | None:
    """Return that images may be a part of those that intrinsics are of; None where they are not.

    Args:
        intrinsics: of the camera.
        image_px: width and height of the images, where known.
        whose: origin of the intrinsics, for the text.
    """
    width_px, height_px = intrinsics.width_px, intrinsics.height_px
    if image_px is None or image_px == (width_px, height_px):
        return None
    return (
        f'the images are {image_px[0]} x {image_px[1]} px and {whose} describes {width_px} x '
        f'{height_px} px: they are taken for a scaled picture; if they are a part of it, set roi '
        'in camera_info, otherwise poses are wrong'
    )


def _check_coefficients(model: str, intrinsics: CameraIntrinsics) -> None:
    count = len(intrinsics.d)
    if model in _FISHEYE:
        fits = count >= _FISHEYE_COUNT and not any(intrinsics.d[_FISHEYE_COUNT:])
        wanted = str(_FISHEYE_COUNT)
    else:
        fits = count in _PINHOLE_COUNTS
        wanted = ', '.join(map(str, _PINHOLE_COUNTS[:-1])) + f' or {_PINHOLE_COUNTS[-1]}'
    if not fits:
        raise CalibrationError(
            f"D has {count} coefficients, and distortion model '{intrinsics.distortion_model:.60}'"
            f' takes {wanted}: correct D or the name of the model'
        )


@lru_cache(maxsize=32)
def _check_invertible(intrinsics: CameraIntrinsics) -> None:
    """Check that the inner half of the view can be undistorted; models fold further outside."""
    if not any(intrinsics.d) or intrinsics.width_px == 1:  # 1: the size is not known yet
        return
    k = np.array(intrinsics.k, dtype=np.float64).reshape(3, 3)
    d = np.array(intrinsics.d, dtype=np.float64)
    half = np.array([intrinsics.width_px, intrinsics.height_px]) * _INNER_SHARE / 2
    centre = np.array([intrinsics.width_px - 1, intrinsics.height_px - 1]) / 2
    corners = np.array([[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]])
    pixels = (centre + corners * half)[:, np.newaxis]
    still = np.zeros(3)
    with suppress(cv2.error):
        if is_fisheye(intrinsics.distortion_model):
            rays = cv2.fisheye.undistortPoints(pixels, k, d[:4])
            again = cv2.fisheye.distortPoints(rays, k, d[:4])
        else:
            rays = cv2.undistortPointsIter(pixels, k, d, np.eye(3), np.eye(3), _ITERATIONS)
            again, _ = cv2.projectPoints(np.dstack([rays, np.ones((4, 1, 1))]), still, still, k, d)
        if float(np.abs(again - pixels).max()) <= _LARGEST_ERROR_PX:
            return
    raise CalibrationError(
        f'D ({", ".join(f"{value:g}" for value in intrinsics.d)}) cannot be inverted in the '
        'middle of the image: calibrate the camera again or correct its distortion model'
    )


def _normalised(distortion_model: str) -> str:
    return distortion_model.strip().lower().replace(' ', '_').replace('-', '_')
