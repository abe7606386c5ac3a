# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""camera_info to intrinsics: rectified images, region of interest, binning, wrong numbers."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest

from avpr_ros.errors import CalibrationError, UnsupportedModelError
from avpr_ros.sources.camera_info import (
    camera_intrinsics,
    check_region,
    describes_another_image,
    is_rectified,
    rectification_doubt,
)
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.intrinsics import check_intrinsics, check_shape

K = (458.0, 0.0, 367.0, 0.0, 457.0, 248.0, 0.0, 0.0, 1.0)
P = (355.0, 0.0, 362.0, 0.0, 0.0, 417.0, 250.0, 0.0, 0.0, 0.0, 1.0, 0.0)
P_MATRIX = (355.0, 0.0, 362.0, 0.0, 417.0, 250.0, 0.0, 0.0, 1.0)
D = (-0.28, 0.07, 0.0002, 0.00002)
RAW = '/cam0/image_raw'


def info(**fields: Any) -> Any:
    """Return a camera_info of a 752 x 480 camera, with some fields replaced."""
    roi = SimpleNamespace(x_offset=0, y_offset=0, width=0, height=0)
    values = {
        'width': 752,
        'height': 480,
        'distortion_model': 'plumb_bob',
        'k': K,
        'd': D,
        'p': P,
        'binning_x': 0,
        'binning_y': 0,
        'roi': roi,
    }
    return SimpleNamespace(**{**values, **fields})


def window(x: int, y: int, width: int, height: int) -> Any:
    return SimpleNamespace(x_offset=x, y_offset=y, width=width, height=height)


@pytest.mark.parametrize(
    ('topic', 'rectified'),
    [
        (RAW, False),
        ('/cam0/image_rect', True),
        ('/cam0/image_rect_color/compressed', True),
        ('/camera/infra1/image_rect_raw', True),
        ('/cam/imageRect', True),
        ('/cam/image_undistort', True),
        ('/zed/rgb/color/rect/image', True),
        ('/zed/rgb/color/rect/image/compressed', True),
        ('/rect/left/image_raw', False),
        ('/cam0/image_rectangle', False),
        ('/cam0/image_color', False),
        ('/correct/image', False),
    ],
)
def test_topic_name_tells_rectified_images(topic: str, rectified: bool) -> None:
    assert is_rectified(topic) is rectified


def test_raw_images_have_k_and_d_and_rectified_ones_p_without_distortion() -> None:
    raw = camera_intrinsics(info(), RAW)
    rectified = camera_intrinsics(info(), '/cam0/image_rect')

    assert (raw.k, raw.d) == (K, D)
    assert (rectified.k, rectified.d) == (P_MATRIX, ())


def test_rectified_images_of_a_driver_without_p_have_k_without_distortion() -> None:
    found = camera_intrinsics(info(p=(0.0,) * 12), '/cam0/image_rect')

    assert (found.k, found.d) == (K, ())


def test_p_stands_in_where_k_is_zero_and_nothing_where_both_are() -> None:
    assert camera_intrinsics(info(k=(0.0,) * 9), RAW).k == P_MATRIX
    assert camera_intrinsics(info(k=(0.0,) * 9, p=(0.0,) * 12), RAW) is None


def test_ros_1_field_names_are_read() -> None:
    message = info()
    for name in 'kdp':
        setattr(message, name.upper(), vars(message).pop(name))

    assert camera_intrinsics(message, RAW).k == K


@pytest.mark.parametrize('topic', [RAW, '/cam0/image_rect'])
def test_region_of_interest_moves_the_principal_point(topic: str) -> None:
    whole = camera_intrinsics(info(), topic)
    part = camera_intrinsics(info(roi=window(188, 120, 376, 240)), topic)

    assert (part.width_px, part.height_px) == (376, 240)
    assert part.k[0] == whole.k[0]
    assert (part.k[2], part.k[5]) == (whole.k[2] - 188, whole.k[5] - 120)


def test_region_of_interest_is_moved_first_and_binned_then() -> None:
    found = camera_intrinsics(info(roi=window(188, 120, 376, 240), binning_x=2, binning_y=4), RAW)

    assert (found.width_px, found.height_px) == (188, 60)
    assert found.k[:6] == (229.0, 0.0, (367.0 - 188) / 2, 0.0, 457.0 / 4, (248.0 - 120) / 4)


def test_whole_image_in_spite_of_a_region_of_interest_has_the_whole_matrix() -> None:
    message = info(roi=window(188, 120, 376, 240))

    assert camera_intrinsics(message, RAW, (752, 480)).k == K
    assert camera_intrinsics(message, RAW, (376, 240)).k[2] == 367.0 - 188


def test_size_of_the_image_stands_in_for_0_x_0() -> None:
    found = camera_intrinsics(info(width=0, height=0), RAW, (752, 480))

    assert (found.width_px, found.height_px, found.k) == (752, 480, K)
    check_intrinsics(found)
    with pytest.raises(CalibrationError, match='0 x 0'):
        check_intrinsics(camera_intrinsics(info(width=0, height=0), RAW))


def test_name_that_says_both_is_in_doubt() -> None:
    assert rectification_doubt(info(), '/rect/left/image_raw') is not None


def test_doubt_only_where_the_name_says_nothing_and_k_and_p_differ() -> None:
    assert 'differs from P' in rectification_doubt(info(), '/cam0/image')
    assert rectification_doubt(info(), RAW) is None
    assert rectification_doubt(info(d=()), '/cam0/image') is None
    same = (K[0], 0.0, K[2], 0.0, 0.0, K[4], K[5], 0.0, 0.0, 0.0, 1.0, 0.0)
    assert rectification_doubt(info(p=same), '/cam0/image') is None


@pytest.mark.parametrize(
    ('fields', 'words'),
    [
        ({'d': (0.1, 0.2, 0.3)}, 'D has 3 coefficients'),
        ({'distortion_model': 'equidistant', 'd': ()}, 'D has 0 coefficients'),
        ({'k': (math.nan, *K[1:])}, 'K holds nan'),
        ({'k': (*K[:2], math.inf, *K[3:])}, 'K holds inf'),
        ({'d': (math.nan, 0.0, 0.0, 0.0)}, 'D holds nan'),
        ({'k': (-458.0, *K[1:])}, 'both must be above 0'),
        ({'width': 0, 'height': 0}, 'image size is 0 x 0'),
        ({'k': (*K[:2], 0.0, *K[3:5], 0.0, *K[6:])}, 'principal point in K is 0, 0'),
        ({'k': (*K[:2], 1e6, *K[3:])}, 'which is not in the view'),
        ({'k': (*K[:8], 1000.0)}, 'write K row by row, not scaled'),
        ({'k': (*K[:4], 3 * K[4], *K[5:])}, 'differ by more than a factor of 2.5'),
        ({'d': (1e3, -1e5, 0.0, 0.0)}, 'cannot be inverted in the middle of the image'),
    ],
)
def test_impossible_numbers_get_one_sentence(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(CalibrationError, match=words) as caught:
        check_intrinsics(camera_intrinsics(info(**fields), RAW))

    assert not isinstance(caught.value, UnsupportedModelError)


@pytest.mark.parametrize('model', ['plumb_bob', 'Plumb Bob', 'radtan', 'rational_polynomial', ''])
def test_names_of_the_pinhole_model_are_known(model: str) -> None:
    check_intrinsics(camera_intrinsics(info(distortion_model=model), RAW))


def test_unknown_model_and_another_aspect_ratio_are_not_supported() -> None:
    with pytest.raises(UnsupportedModelError, match='double_sphere'):
        check_intrinsics(camera_intrinsics(info(distortion_model='double_sphere'), RAW))
    with pytest.raises(UnsupportedModelError, match='640 x 480 px and the camera model is of 752'):
        check_shape(camera_intrinsics(info(), RAW), 640, 480)


def test_region_of_interest_outside_of_the_picture_is_refused() -> None:
    region = SimpleNamespace(x_offset=700, y_offset=0, width=376, height=240)
    with pytest.raises(CalibrationError, match='is not in the picture of 752 x 480 px'):
        check_region(info(roi=region))
    check_region(info())


def test_region_of_interest_in_binned_pixels_is_refused() -> None:
    region = SimpleNamespace(x_offset=94, y_offset=60, width=188, height=120)
    binned = info(roi=region, binning_x=2, binning_y=2)
    with pytest.raises(CalibrationError, match='give roi in pixels of the whole sensor'):
        check_region(binned, (188, 120))
    check_region(binned, (94, 60))


def test_principal_point_left_of_whole_images_is_refused() -> None:
    with pytest.raises(CalibrationError, match='outside of images'):
        check_region(info(k=[458.0, 0, -367.0, 0, 458.0, 248.0, 0, 0, 1]))


def test_model_of_another_library_is_a_pinhole_without_coefficients() -> None:
    model = info(distortion_model='inverse_brown_conrady', d=[0.0] * 5)
    check_intrinsics(camera_intrinsics(model, RAW))
    model.d = [0.1, 0.0, 0.0, 0.0, 0.0]
    with pytest.raises(UnsupportedModelError, match='inverse_brown_conrady'):
        check_intrinsics(camera_intrinsics(model, RAW))


@pytest.mark.parametrize(
    ('focal', 'd'),
    [
        (0.6, (-0.28, 0.074, 0.0, 0.0, 0.0)),
        (0.35, (-0.35, 0.12, 0.001, 0.0, -0.02)),
        (0.5, (12.0, 5.0, 0.0, 0.0, 0.3, 12.3, 9.0, 1.4)),
        (1.0, (0.1, -0.25, 0.0, 0.0, 0.1)),
    ],
)
def test_usual_lenses_can_be_inverted(focal: float, d: tuple[float, ...]) -> None:
    k = (focal * 752, 0.0, 376.0, 0.0, focal * 752, 240.0, 0.0, 0.0, 1.0)
    check_intrinsics(CameraIntrinsics(752, 480, 'rational_polynomial', k, d))
    check_intrinsics(CameraIntrinsics(752, 480, 'equidistant', k, (-0.01, 0.02, -0.02, 0.004)))


def test_principal_point_outside_of_whole_images_is_refused() -> None:
    large = [458.0, 0, 367.0, 0, 457.0, 248.0, 0, 0, 1]
    with pytest.raises(CalibrationError, match=r'367, 248 px, outside of images of 376 x 240 px'):
        check_region(info(width=376, height=240, k=large))
    check_region(info(width=752, height=480, k=large))
    check_region(info(width=376, height=240, k=large, roi=window(0, 0, 376, 240)))


def test_nan_that_stays_is_no_change() -> None:
    first = info(d=[float('nan')] * 5)
    assert not describes_another_image(first, info(d=[float('nan')] * 5))
    assert describes_another_image(first, info())
