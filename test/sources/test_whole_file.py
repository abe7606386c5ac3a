# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Damage in JPEG and PNG files, and none in whole ones of every make."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from avpr_ros.sources.images.whole_file import find_damage

DATA = Path(__file__).resolve().parents[3] / 'shared' / 'data'
RNG = np.random.default_rng(3)


def jpeg(*settings: int) -> bytes:
    noise = RNG.integers(0, 256, (240, 320, 3), dtype=np.uint8)
    return bytes(cv2.imencode('.jpg', cv2.GaussianBlur(noise, (0, 0), 2), settings)[1].tobytes())


@pytest.mark.parametrize(
    'settings',
    [
        (),
        (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        (cv2.IMWRITE_JPEG_RST_INTERVAL, 4),
        (cv2.IMWRITE_JPEG_OPTIMIZE, 1),
    ],
)
def test_whole_jpegs_pass(settings: tuple[int, ...]) -> None:
    data = jpeg(*settings)

    assert find_damage(data) is None
    assert find_damage(data + b'\x00' * 64) is None
    assert find_damage(data[:-2]) == 'is cut short: it has no JPEG end-of-image mark'


@pytest.mark.parametrize('folder', ['uofa/images', 'euroc_v1/cam0', 'corridor', 'ietower'])
@pytest.mark.data
def test_real_jpegs_pass(folder: str) -> None:
    paths = sorted((DATA / folder).rglob('*.jpg'))[:50]
    if not paths:
        pytest.skip(f'no JPEG files in {DATA / folder}')
    for path in paths:
        assert find_damage(path.read_bytes()) is None, path


def test_end_mark_of_a_thumbnail_does_not_count() -> None:
    data = jpeg()
    thumbnail = b'\xff\xe1\x00\x08Ex\xff\xd9if'  # an APP1 segment that holds an end mark
    cut = data[:2] + thumbnail + data[2:-500]

    assert find_damage(data[:2] + thumbnail + data[2:]) is None
    assert find_damage(cut) is not None


def test_overwritten_stretch_is_found() -> None:
    data = bytearray(jpeg())
    start = len(data) // 2
    data[start : start + 4000] = RNG.bytes(4000)

    assert 'no valid JPEG marker' in (find_damage(bytes(data)) or '')


def test_png_without_its_end_is_found() -> None:
    data = bytes(cv2.imencode('.png', np.zeros((9, 9), np.uint8))[1].tobytes())

    assert find_damage(data) is None
    assert 'no PNG end chunk' in (find_damage(data[:-12]) or '')


def test_other_data_is_left_to_the_codec() -> None:
    assert find_damage(b'BM and so on') is None
    assert find_damage(b'') is None
