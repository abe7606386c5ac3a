# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The decoder of compressed images: JPEG and PNG, whole, cut short and damaged."""

from __future__ import annotations

from array import array
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from small_bags import compressed_image, picture

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.images.decode import decode_compressed, decode_file
from avpr_ros.sources.images.incomplete_jpeg import warn_of_missing_end

RNG = np.random.default_rng(7)


def photo() -> np.ndarray:
    noise = RNG.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (0, 0), 3)


def encoded(suffix: str, bgr: np.ndarray, *settings: int) -> bytes:
    return bytes(cv2.imencode(suffix, bgr, settings)[1].tobytes())


def compressed(data: bytes, kind: str = 'jpeg') -> Any:
    return SimpleNamespace(format=kind, data=array('B', data))


def test_png_is_decoded_to_the_bit() -> None:
    bgr = photo()

    np.testing.assert_array_equal(
        decode_compressed(compressed(encoded('.png', bgr), 'png')), bgr[:, :, ::-1]
    )


def test_jpeg_is_decoded_to_rgb() -> None:
    bgr = photo()
    decoded = decode_compressed(compressed(encoded('.jpg', bgr, cv2.IMWRITE_JPEG_QUALITY, 95)))

    assert np.abs(decoded.astype(int) - bgr[:, :, ::-1]).mean() < 3


def test_grey_alpha_and_deep_pictures_become_rgb() -> None:
    grey = photo()[:, :, 0]
    deep = grey.astype(np.uint16) * 257
    alpha = np.dstack([grey, grey, grey, np.full_like(grey, 7)])
    for shades in (grey, deep, alpha):
        decoded = decode_compressed(compressed(encoded('.png', shades)))

        np.testing.assert_array_equal(decoded, np.dstack([grey, grey, grey]))


@pytest.mark.parametrize(
    ('suffix', 'share'),
    [
        *(('.jpg', share) for share in (0.0, 0.05, 0.5, 0.9)),
        *(('.png', share) for share in (0.0, 0.05, 0.5, 0.9, 0.9999)),
    ],
)
def test_pictures_cut_short_are_refused(suffix: str, share: float) -> None:
    data = encoded(suffix, photo())

    with pytest.raises(ImageDecodeError, match=r'cut short|empty|damaged') as caught:
        decode_compressed(compressed(data[: int(share * len(data))]))
    assert '\n' not in str(caught.value)


def test_garbage_is_refused() -> None:
    for data in (b'hello', bytes(1000), b'\xff\xd8' + RNG.bytes(500) + b'\xff\xd9'):
        with pytest.raises(ImageDecodeError, match='damaged'):
            decode_compressed(compressed(data))


def test_rclpy_messages_decode_alike() -> None:
    """The node's objects hold array.array where rosbags has numpy."""
    message = compressed_image(0, picture(3), 'png')
    expected = decode_compressed(message)
    message.data = array('B', message.data.tobytes())

    np.testing.assert_array_equal(decode_compressed(message), expected)


@pytest.mark.parametrize('missing', [1, 2, 3, 20])
@pytest.mark.parametrize('settings', [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_jpeg_without_its_last_bytes_is_decoded_with_one_warning(
    missing: int, settings: tuple[int, ...], caplog: pytest.LogCaptureFixture
) -> None:
    warn_of_missing_end.cache_clear()
    data = encoded('.jpg', photo(), *settings)

    whole = decode_compressed(compressed(data))
    for _ in range(2):
        cut = decode_compressed(compressed(data[:-missing]))

    different = np.abs(whole.astype(int) - cut).max(axis=2) > 8
    assert different.mean() < 0.02
    assert [record.levelname for record in caplog.records] == ['WARNING']


def with_orientation(jpeg: bytes, orientation: int) -> bytes:
    """Add an EXIF segment with an orientation tag."""
    entry = (0x0112).to_bytes(2, 'big') + b'\x00\x03\x00\x00\x00\x01'
    entry += orientation.to_bytes(2, 'big') + b'\x00\x00'
    tiff = b'MM\x00\x2a\x00\x00\x00\x08\x00\x01' + entry + b'\x00\x00\x00\x00'
    exif = b'Exif\x00\x00' + tiff
    return jpeg[:2] + b'\xff\xe1' + (len(exif) + 2).to_bytes(2, 'big') + exif + jpeg[2:]


@pytest.mark.parametrize('orientation', [3, 6, 8])
@pytest.mark.parametrize('least_side_px', [None, 60])
def test_message_is_as_the_sensor_gave_it_and_a_file_is_turned(
    orientation: int, least_side_px: int | None, tmp_path: Path
) -> None:
    data = encoded('.jpg', photo())
    tagged = with_orientation(data, orientation)
    (tmp_path / 'image.jpg').write_bytes(tagged)

    expected = decode_compressed(compressed(data), least_side_px)
    np.testing.assert_array_equal(decode_compressed(compressed(tagged), least_side_px), expected)
    turns = {3: 2, 6: 3, 8: 1}[orientation]
    np.testing.assert_array_equal(
        decode_file(tmp_path / 'image.jpg'), np.rot90(decode_compressed(compressed(data)), turns)
    )


@pytest.mark.parametrize(
    ('data', 'kind', 'words'),
    [
        (b'\x00\x00\x00\x01\x67\x42', 'h264', 'packet of h264 video'),
        (b'\x00\x00\x00\x01\x67\x42', '', 'packet of h264 video'),
        (b'\x00\x00\x01\x26', 'hevc', 'packet of hevc video'),
        (b'\x89PNG', '16UC1; compressedDepth png', 'of depth'),
        (b'\x89PNG', '16UC1; png compressed ', 'of depth'),
    ],
)
def test_video_and_depth_are_named(data: bytes, kind: str, words: str) -> None:
    with pytest.raises(ImageDecodeError, match=words):
        decode_compressed(compressed(data, kind))


def test_jpeg_of_a_transport_is_no_depth() -> None:
    data = encoded('.jpg', photo())

    assert decode_compressed(compressed(data, 'bgr8; jpeg compressed bgr8')).shape == (120, 160, 3)


@pytest.mark.parametrize('kind', ['webp', 'tiff', 'bmp'])
def test_formats_of_opencv_that_are_not_read_are_named(kind: str) -> None:
    with pytest.raises(ImageDecodeError, match=rf'format {kind}, which is not read: record JPEG'):
        decode_compressed(compressed(encoded(f'.{kind}', photo()), 'png'))


@pytest.mark.parametrize(('kind', 'words'), [('avif', 'format avif'), ('theora', 'theora video')])
def test_formats_that_are_not_read_are_named(kind: str, words: str) -> None:
    with pytest.raises(ImageDecodeError, match=words):
        decode_compressed(compressed(b'0123456789', kind))
