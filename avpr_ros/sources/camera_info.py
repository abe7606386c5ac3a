# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``sensor_msgs/CameraInfo`` to the intrinsics of the images that it comes with.

K and D describe the raw image at full resolution, P the rectified one. Which of the two an image
is, its topic's name tells, as image_pipeline has it: ``image_rect*`` is rectified; a word ``rect``
further up in the name, too (ZED: ``rgb/color/rect/image``). Region of interest and binning move
and scale the matrix as ``image_geometry``'s ``PinholeCameraModel`` does.
"""

from __future__ import annotations

from dataclasses import replace
import re
from typing import Any

import numpy as np

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import CalibrationError
from avpr_ros.sources.frame import CameraIntrinsics

#: Words of a topic's name, between its slashes and underscores, that mean a rectified image,
_RECTIFIED = {'rect', 'rectified', 'undistorted', 'undistort', 'undist'}
#: and those that mean an image as the sensor gave it.
_RAW = {'raw', 'unrect', 'unrectified', 'distorted'}
#: Names of image_pipeline's topics of images that are not rectified.
_RAW_NAMES = {'image_mono', 'image_color'}
_TRANSPORTS = {'compressed', 'theora', 'ffmpeg', 'zstd'}
#: Where K and P differ by less than this share of the focal length, either describes the image.
_SAME_SHARE = 0.005
#: Names of the matrices, and their numbers of columns.
_MATRICES = (('k', 3), ('p', 4))


def camera_intrinsics(
    info: Any,
    image_topic: str,
    image_size_px: tuple[int, int] | None = None,
    rectified: bool | None = None,
) -> CameraIntrinsics | None:
    """Convert a ``sensor_msgs/CameraInfo`` of ROS 1 or 2; None where the camera is uncalibrated.

    The values are not checked: see ``check_intrinsics``.

    Args:
        info: the message; its matrices' names are capitals in ROS 1.
        image_topic: topic of the images it belongs to.
        image_size_px: width and height of these images, where known: it stands in for a size of
            0 x 0. Images that have the full size in spite of a region of interest or binning
            are described by the whole sensor's matrix.
        rectified: whether the images are rectified; None: by the name of their topic.
    """
    k, p = _matrix(info, 'k', 3), _matrix(info, 'p', 4)
    d = tuple(float(value) for value in _field(info, 'd'))
    model = str(info.distortion_model)
    if rectified is None:
        rectified = is_rectified(image_topic)
    if not k[0, 0] and not p[0, 0]:
        return None
    if rectified or not k[0, 0]:
        # Rectified images have no distortion; P is zero with drivers that do not rectify.
        k, d, model = (p if p[0, 0] else k), (), 'plumb_bob'
    k, size_px = _windowed(k, info, image_size_px)
    return CameraIntrinsics(*size_px, model, tuple(float(value) for value in k.flat), d)


def is_rectified(image_topic: str) -> bool:
    """Return whether images are rectified, by the name of their topic."""
    return _told_by_name(image_topic) is True


def rectification_matters(info: Any) -> bool:
    """Return whether raw and rectified images have different camera models (D above 1e-3)."""
    known = all(_matrix(info, name, columns)[0, 0] for name, columns in _MATRICES)
    return known and any(abs(float(value)) > 1e-3 for value in _field(info, 'd'))


def rectification_doubt(info: Any, image_topic: str) -> str | None:
    """Return why it is not known whether images are rectified; None where it is or is no matter.

    It matters where the raw image is distorted and K and P differ.
    """
    k, p = _matrix(info, 'k', 3), _matrix(info, 'p', 4)
    if _told_by_name(image_topic) is not None or not k[0, 0] or not p[0, 0]:
        return None
    differ = bool(np.abs(k - p).max() > _SAME_SHARE * abs(k[0, 0]))
    if not differ or not any(float(value) for value in _field(info, 'd')):
        return None
    return (
        f'the name of {image_topic} does not tell whether its images are rectified, and K '
        f'(focal length {k[0, 0]:.1f} px, with distortion) differs from P ({p[0, 0]:.1f} px, '
        "without): K and D are used; if the images are rectified, name the topic 'image_rect'"
    )


def rectified_as_in_map(
    info: Any, image_topic: str, size_px: tuple[int, int] | None, of_map: CameraIntrinsics | None
) -> bool | None:
    """Return whether images are rectified, by the map's camera; None where it does not show it.

    Args:
        info: of the images.
        image_topic: of the images.
        size_px: width and height of the images, where known.
        of_map: intrinsics of the same camera in the map, if any.
    """
    if of_map is None:
        return None
    fits = []
    for rectified in (False, True):
        found = camera_intrinsics(info, image_topic, size_px, rectified)
        same = found is not None and (found.width_px, any(found.d)) == (
            of_map.width_px,
            any(of_map.d),
        )
        fits.append(found is not None and same and _same_matrix(found, of_map))
    return fits[1] if fits[0] != fits[1] else None


def check_region(info: Any, image_size_px: tuple[int, int] | None = None) -> None:
    """Check that the region of interest, or without one the principal point, is in the picture.

    Args:
        info: of the images.
        image_size_px: width and height of the images, where known.

    Raises:
        CalibrationError: it is not, or the region is not in pixels of the whole sensor.
    """
    width_px, height_px, x, y, width, height, *binning = _window(info)
    if max(binning) > 1 and image_size_px == (width, height) != (width_px, height_px):
        raise CalibrationError(
            f'the region of interest of {width} x {height} px has the size of the images in spite '
            'of the binning: give roi in pixels of the whole sensor, before binning'
        )
    if width_px and height_px and (x + width > width_px or y + height > height_px):
        raise CalibrationError(
            f'the region of interest of {width} x {height} px at {x}, {y} is not in the picture '
            f'of {width_px} x {height_px} px: width and height are those of the whole sensor'
        )
    cx, cy = _matrix(info, 'k', 3)[:2, 2]
    whole = width_px and height_px and not any((x, y, width, height))
    if whole and not (0 <= cx <= width_px and 0 <= cy <= height_px):
        raise CalibrationError(
            f'the principal point in K is {cx:g}, {cy:g} px, outside of images of {width_px} x '
            f'{height_px} px: K is of images of another size; scale it with them, or set binning '
            'or roi'
        )


def calibration_rank(info: Any) -> int:
    """Return 0 for a message with neither K nor P, 1 for one that holds NaN, else 2."""
    k, p = _matrix(info, 'k', 3), _matrix(info, 'p', 4)
    if not k[0, 0] and not p[0, 0]:
        return 0
    return 2 if bool(np.isfinite(k).all() and np.isfinite(p).all()) else 1


def describes_another_image(info: Any, other: Any) -> bool:
    """Return whether size, matrices, distortion, region or binning of two messages differ."""
    same = all(
        np.array_equal(_matrix(info, name, n), _matrix(other, name, n), equal_nan=True)
        for name, n in _MATRICES
    )
    d, other_d = (np.array(_field(one, 'd'), float) for one in (info, other))
    same &= np.array_equal(d, other_d, equal_nan=True)
    same &= str(info.distortion_model) == str(other.distortion_model)
    return not same or _window(info) != _window(other)


def same_model(first: CameraIntrinsics, second: CameraIntrinsics) -> bool:
    """Return whether two models are equal but for the noise of a lens that focuses itself."""
    return replace(first, k=second.k) == second and _same_matrix(first, second)


def _same_matrix(first: CameraIntrinsics, second: CameraIntrinsics) -> bool:
    apart_px = float(np.abs(np.subtract(first.k, second.k)).max())
    return apart_px <= _SAME_SHARE * abs(first.k[0])


def _window(info: Any) -> tuple[int, ...]:
    names = ('x_offset', 'y_offset', 'width', 'height')
    region = [int(getattr(getattr(info, 'roi', None), name, 0)) for name in names]
    binning = [int(getattr(info, f'binning_{axis}', 0)) for axis in 'xy']
    return (int(info.width), int(info.height), *region, *binning)


def _told_by_name(image_topic: str) -> bool | None:
    """Return whether the name says rectified or raw; None where it says neither."""
    spaced = re.sub(r'(?<=[a-z0-9])(?=[A-Z])', '_', image_topic)  # imageRect
    parts = [part.lower() for part in spaced.strip('/').split('/')]
    while parts and parts[-1] in _TRANSPORTS:
        parts.pop()
    words = [set(re.split(r'[_\W]+', part)) for part in parts]
    for place in reversed(range(len(parts))):
        # First: RealSense calls the rectified images of its stereo pair image_rect_raw.
        if words[place] & _RECTIFIED:
            return True
        if words[place] & _RAW or parts[place] in _RAW_NAMES:
            # 'rectified/image_raw' says both.
            return None if any(above & _RECTIFIED for above in words[:place]) else False
    return None


def _windowed(
    k: FloatArray, info: Any, image_size_px: tuple[int, int] | None
) -> tuple[FloatArray, tuple[int, int]]:
    """Return the matrix and size of the images, which may show a part or be binned."""
    full: IntArray = np.array([int(info.width), int(info.height)], dtype=np.int64)
    offset, size = np.zeros_like(full), full
    if (roi := getattr(info, 'roi', None)) is not None:
        offset = np.array([int(roi.x_offset), int(roi.y_offset)])
        part = np.array([int(roi.width), int(roi.height)])
        size = np.asarray(np.where(part > 0, part, np.maximum(full - offset, 0)))
    binning = np.maximum([int(getattr(info, f'binning_{axis}', 1)) for axis in 'xy'], 1)
    size = size // binning
    if image_size_px is not None:
        given = np.array(image_size_px)
        if not full.all() or not size.all():
            size = given
        elif (given == full).all() and (given != size).any():
            return k, image_size_px
    moved = k.copy()
    moved[:2, 2] -= offset
    moved[:2] /= binning[:, np.newaxis]
    return moved, (int(size[0]), int(size[1]))


def _matrix(info: Any, name: str, columns: int) -> FloatArray:
    """Return the left 3x3 part of a row-major matrix with three rows."""
    values = np.array([float(value) for value in _field(info, name)], dtype=np.float64)
    if values.size != 3 * columns:
        return np.zeros((3, 3))
    return np.ascontiguousarray(values.reshape(3, columns)[:, :3])


def _field(info: Any, name: str) -> Any:
    return getattr(info, name) if hasattr(info, name) else getattr(info, name.upper())
