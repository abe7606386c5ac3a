# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The decoder of raw images: every encoding, both libraries, and what must be refused."""

from __future__ import annotations

from array import array
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.images import decode
from avpr_ros.sources.images.decode import decode_compressed, decode_image, decoder_backend
from avpr_ros.sources.images.encodings import PIXEL_BYTES, PLANAR
from avpr_ros.sources.images.pixel_range import PixelRange
from avpr_ros.sources.images.raw_image import PlainImage, plain_image

HEIGHT, WIDTH = 6, 8
RNG = np.random.default_rng(7)
CV_BRIDGE = pytest.param(False, id='cv_bridge')
ROSBAGS_IMAGE = pytest.param(True, id='rosbags-image')


@pytest.fixture(params=[CV_BRIDGE, ROSBAGS_IMAGE])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decode with cv_bridge, then as if it were not there."""
    if request.param:
        monkeypatch.setattr(decode, '_cv_bridge', lambda: None)
    elif decode._cv_bridge() is None:
        pytest.skip('cv_bridge is missing')


def image(encoding: str, data: Any, *, step: int | None = None, big: int = 0, **size: int) -> Any:
    data = np.asarray(data)
    return SimpleNamespace(
        height=size.get('height', HEIGHT),
        width=size.get('width', WIDTH),
        encoding=encoding,
        is_bigendian=big,
        step=data[0].nbytes if step is None else step,
        data=array('B', data.tobytes()),
    )


def mosaic(rgb: tuple[int, int, int], pattern: str) -> np.ndarray:
    """Return what a sensor with this colour filter sees of one colour."""
    values = [dict(zip('rgb', rgb, strict=True))[letter] for letter in pattern]
    return np.tile(np.array(values, np.uint8).reshape(2, 2), (HEIGHT // 2, WIDTH // 2))


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize(
    ('encoding', 'channels', 'order'),
    [
        ('mono8', 1, [0, 0, 0]),
        ('8UC1', 1, [0, 0, 0]),
        ('rgb8', 3, [0, 1, 2]),
        ('bgr8', 3, [2, 1, 0]),
        ('8UC3', 3, [2, 1, 0]),
        ('rgba8', 4, [0, 1, 2]),
        ('bgra8', 4, [2, 1, 0]),
        ('8UC4', 4, [2, 1, 0]),
        ('RGB8', 3, [0, 1, 2]),
        ('Mono8', 1, [0, 0, 0]),
    ],
)
def test_channels_end_up_as_rgb(encoding: str, channels: int, order: list[int]) -> None:
    pixels = RNG.integers(0, 256, (HEIGHT, WIDTH, channels), dtype=np.uint8)

    decoded = decode_image(image(encoding, pixels))

    assert decoded.dtype == np.uint8
    assert decoded.flags.c_contiguous
    np.testing.assert_array_equal(decoded, pixels[:, :, order])


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize('pattern', ['rggb', 'bggr', 'gbrg', 'grbg'])
def test_bayer_patterns_give_back_the_colour(pattern: str) -> None:
    colour = (200, 120, 30)

    decoded = decode_image(image(f'bayer_{pattern}8', mosaic(colour, pattern)))

    np.testing.assert_array_equal(decoded, np.broadcast_to(colour, (HEIGHT, WIDTH, 3)))


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize(
    ('encoding', 'places'),
    [('yuv422', 'uyvy'), ('uyvy', 'uyvy'), ('yuv422_yuy2', 'yuyv'), ('yuyv', 'yuyv')],
)
def test_yuv_follows_bt601(encoding: str, places: str) -> None:
    """Limited-range BT.601: R = 1.164 (Y - 16) + 1.596 (V - 128), and so on."""
    y, u, v = 120, 90, 180
    pair = [{'y': y, 'u': u, 'v': v}[place] for place in places]
    expected = [
        1.164 * (y - 16) + 1.596 * (v - 128),
        1.164 * (y - 16) - 0.813 * (v - 128) - 0.391 * (u - 128),
        1.164 * (y - 16) + 2.018 * (u - 128),
    ]

    decoded = decode_image(
        image(encoding, np.tile(np.array(pair, np.uint8), (HEIGHT, WIDTH // 2)))
    )

    np.testing.assert_allclose(decoded.reshape(-1, 3), np.tile(expected, (48, 1)), atol=1.0)


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize(('big', 'kind'), [(0, '<u2'), (1, '>u2')])
def test_mono16_keeps_its_full_range(big: int, kind: str) -> None:
    pixels = RNG.integers(0, 65536, (HEIGHT, WIDTH)).astype(kind)
    pixels[0, :3] = [0, 65535, 32896]

    decoded = decode_image(image('mono16', pixels, big=big))

    np.testing.assert_array_equal(decoded[:, :, 1], np.round(pixels / 257).astype(np.uint8))
    assert decoded[0, :3, 0].tolist() == [0, 255, 128]


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize(
    ('encoding', 'channels', 'order'),
    [
        ('rgb16', 3, [0, 1, 2]),
        ('bgr16', 3, [2, 1, 0]),
        ('rgba16', 4, [0, 1, 2]),
        ('bgra16', 4, [2, 1, 0]),
        ('16UC3', 3, [2, 1, 0]),
    ],
)
def test_colours_of_16_bits_keep_their_full_range(
    encoding: str, channels: int, order: list[int]
) -> None:
    pixels = RNG.integers(0, 65536, (HEIGHT, WIDTH, channels)).astype('<u2')

    decoded = decode_image(image(encoding, pixels))

    expected = np.round(pixels[:, :, order] / 257).astype(np.uint8)
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize(('big', 'kind'), [(0, '<u2'), (1, '>u2')])
def test_bayer_of_16_bits_gives_back_the_colour(big: int, kind: str) -> None:
    deep = mosaic((200, 120, 30), 'rggb').astype(kind) * np.array(257, kind)

    decoded = decode_image(image('bayer_rggb16', deep.astype(kind), big=big))

    np.testing.assert_array_equal(decoded, np.broadcast_to((200, 120, 30), (HEIGHT, WIDTH, 3)))


@pytest.mark.parametrize(('encoding', 'places'), [('nv12', 'uv'), ('nv21', 'vu'), ('NV12', 'uv')])
def test_planar_yuv_follows_bt601(encoding: str, places: str) -> None:
    y, u, v = 120, 90, 180
    pair = [{'u': u, 'v': v}[place] for place in places]
    luma = np.full((HEIGHT, WIDTH), y, np.uint8)
    colour = np.tile(np.array(pair, np.uint8), (HEIGHT // 2, WIDTH // 2))
    expected = [
        1.164 * (y - 16) + 1.596 * (v - 128),
        1.164 * (y - 16) - 0.813 * (v - 128) - 0.391 * (u - 128),
        1.164 * (y - 16) + 2.018 * (u - 128),
    ]

    decoded = decode_image(image(encoding, np.vstack([luma, colour])))

    np.testing.assert_allclose(decoded.reshape(-1, 3), np.tile(expected, (48, 1)), atol=1.0)


@pytest.mark.parametrize('encoding', ['16UC1', '32FC1', '16SC1', '64FC1', '16uc1'])
def test_depth_is_refused_as_depth(encoding: str) -> None:
    with pytest.raises(ImageDecodeError, match='of depth or measurements, not of a picture'):
        decode_image(image(encoding, np.zeros((HEIGHT, WIDTH), np.uint16)))


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize('encoding', [*PIXEL_BYTES])
def test_padding_of_rows_is_left_out(encoding: str) -> None:
    row_bytes = WIDTH * PIXEL_BYTES[encoding]
    rows = HEIGHT * 3 // 2 if encoding in PLANAR else HEIGHT
    padded = RNG.integers(0, 256, (rows, row_bytes + 5), dtype=np.uint8)
    tight = decode_image(image(encoding, padded[:, :row_bytes]))

    np.testing.assert_array_equal(decode_image(image(encoding, padded)), tight)
    assert tight.shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize('encoding', sorted(set(PIXEL_BYTES) - PLANAR))
def test_both_libraries_give_the_same_pixels(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (bridge := decode._cv_bridge()) is None:
        pytest.skip('cv_bridge is missing')
    row_bytes = WIDTH * PIXEL_BYTES[encoding]
    plain = plain_image(image(encoding, RNG.integers(0, 256, (HEIGHT, row_bytes), dtype=np.uint8)))
    first = decode._with_cv_bridge(bridge, plain)
    if first is None:
        pytest.skip(f'this build of cv_bridge does not know {encoding}')

    np.testing.assert_array_equal(first, decode._with_rosbags_image(plain))


def test_backend_is_cv_bridge_where_it_works() -> None:
    pytest.importorskip('cv_bridge')

    assert decoder_backend() == 'cv_bridge'


def test_backend_falls_back_where_cv_bridge_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A build against another NumPy imports, and fails when it is called."""

    class Broken:
        def imgmsg_to_cv2(self, *_: object) -> None:
            raise SystemError('initialization of cv_bridge_boost raised an exception')

    monkeypatch.setitem(sys.modules, 'cv_bridge', SimpleNamespace(CvBridge=Broken))
    decode._cv_bridge.cache_clear()
    try:
        assert decoder_backend() == 'rosbags-image'
        assert decode_image(image('bgr8', np.full((HEIGHT, WIDTH, 3), 9, np.uint8))).max() == 9
    finally:
        decode._cv_bridge.cache_clear()


GREY = np.zeros((HEIGHT, WIDTH), np.uint8)


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize(
    ('message', 'words'),
    [
        (image('mono8', GREY, height=0), 'no pixels'),
        (image('mono8', GREY, width=0), 'no pixels'),
        (image('nv24', GREY), "'nv24' is not supported"),
        (image('', GREY), "'' is not supported"),
        (image('rgb8', GREY, step=24), '48 bytes in rows of 24 and needs 144'),
        (image('mono8', GREY, step=7), 'rows of at least 8'),
        (image('mono8', GREY[:, :7], step=0, width=8), 'rows of at least 8'),
        (image('mono8', GREY, height=4_000_000_000), 'too short'),
        (image('mono8', np.empty((HEIGHT, 0), np.uint8), step=8), 'it has 0 bytes'),
        (image('yuv422', np.zeros((HEIGHT, 14), np.uint8), width=7), 'cannot be converted'),
    ],
)
def test_bad_images_get_one_sentence(message: Any, words: str) -> None:
    with pytest.raises(ImageDecodeError, match=words) as caught:
        decode_image(message)

    assert '\n' not in str(caught.value)


def test_decoder_is_light() -> None:
    """It is imported on the robot, where neither rosbags nor pyproj need be."""
    code = (
        'import sys; import avpr_ros.sources.images.decode; '
        "print([m for m in ('rosbags.highlevel', 'rosbags.typesys', 'pyproj', 'scipy', 'rclpy') "
        'if m in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == '[]'


def test_step_of_zero_is_that_of_rows_without_padding() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    message = SimpleNamespace(
        height=3, width=4, encoding='mono8', is_bigendian=0, step=0, data=picture.reshape(-1)
    )
    assert np.array_equal(decode_image(message)[:, :, 0], picture)


@pytest.mark.usefixtures('library')
@pytest.mark.parametrize('stated_big', [0, 1])
@pytest.mark.parametrize('really_big', [False, True])
@pytest.mark.parametrize('bits', [10, 12, 16])
def test_byte_order_that_contradicts_the_picture_is_not_believed(
    stated_big: int, really_big: bool, bits: int
) -> None:
    ramp = np.linspace(0.1, 0.9, 64)[:, np.newaxis] * np.linspace(0.5, 1.0, 80)
    values = (ramp * 2**bits + RNG.normal(0, 2 ** (bits - 7), ramp.shape)).clip(0, 2**bits - 1)
    pixels = values.astype('>u2' if really_big else '<u2')
    message = image('mono16', pixels, big=stated_big, height=64, width=80)
    decoded = decode_image(message, PixelRange(0, 2**bits - 1))
    np.testing.assert_allclose(decoded[:, :, 0], values * 255 / (2**bits - 1), atol=1.5)


@pytest.mark.parametrize(('times', 'in_rows'), [(3, False), (3, True), (4, True), (2, False)])
def test_data_of_more_channels_than_the_encoding_has_is_refused(times: int, in_rows: bool) -> None:
    data = np.zeros(6 * 8 * times, np.uint8)
    message = image('mono8', data, step=8 * times if in_rows else 8, height=6, width=8)
    with pytest.raises(ImageDecodeError, match='must name the encoding that it sends'):
        decode_image(message)


def test_names_of_messages_are_quoted_in_part() -> None:
    long = 'x' * 1_000_000
    raw = PlainImage(2, 2, long, 0, 6, np.zeros(12, np.uint8))
    packed = SimpleNamespace(format=long, data=np.zeros(0, np.uint8))
    for read in (lambda: decode_image(raw), lambda: decode_compressed(packed)):
        with pytest.raises(ImageDecodeError) as caught:
            read()
        assert len(str(caught.value)) < 1000
