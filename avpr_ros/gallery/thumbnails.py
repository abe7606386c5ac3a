# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small JPEGs of the keyframes, for people; a robot can do without them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import MapError

FOLDER = 'thumbnails'
SUMS = f'{FOLDER}/SHA256SUMS'


class ThumbnailWriter:
    """Writes thumbnails into a map folder and, at the end, their hashes."""

    def __init__(self, folder: Path, side_px: int, quality: int) -> None:
        """Create the folder.

        Args:
            folder: the map's folder.
            side_px: length of the shorter side; smaller images are not enlarged.
            quality: JPEG quality, 1 to 100.
        """
        self._folder = folder / FOLDER
        self._side_px = side_px
        self._quality = quality
        self._sums: dict[str, str] = {}
        self._folder.mkdir()

    def take_over(self, sums: dict[str, str]) -> None:
        """Count thumbnails that lie in the folder already, by their hashes."""
        self._sums.update(sums)

    def write(self, keyframe_id: int, image: RgbImage) -> None:
        """Write one thumbnail."""
        self.write_encoded(keyframe_id, encode_thumbnail(image, self._side_px, self._quality))

    def write_encoded(self, keyframe_id: int, encoded: bytes) -> None:
        """Write one thumbnail that is a JPEG already."""
        (self._folder / _name(keyframe_id)).write_bytes(encoded)
        self._sums[_name(keyframe_id)] = hashlib.sha256(encoded).hexdigest()

    def close(self) -> None:
        """Write ``SHA256SUMS`` in the format of ``sha256sum``."""
        lines = [f'{digest}  {name}\n' for name, digest in self._sums.items()]
        (self._folder / 'SHA256SUMS').write_text(''.join(lines), encoding='ascii')


class Thumbnails:
    """Reads thumbnails and checks each against its hash."""

    def __init__(self, folder: Path) -> None:
        """Read ``SHA256SUMS`` where it is there.

        Args:
            folder: the map's folder.
        """
        self._folder = folder / FOLDER
        self._sums = read_sums(folder)

    def read(self, keyframe_id: int) -> RgbImage | None:
        """Return the (H, W, 3) RGB thumbnail, or None where this copy of the map has none.

        Raises:
            MapError: the file is damaged.
        """
        path = self._folder / _name(keyframe_id)
        if path.name not in self._sums or not path.is_file():
            return None
        encoded = path.read_bytes()
        if hashlib.sha256(encoded).hexdigest() != self._sums[path.name]:
            raise MapError(f'{path} is damaged (wrong hash); copy the map again or build it again')
        image = decode_thumbnail(encoded)
        if image is None:
            raise MapError(f'{path} is not a readable JPEG; build the map again')
        return image


def read_sums(folder: Path) -> dict[str, str]:
    """Return the hash of each thumbnail of a map folder, by file name; empty without any."""
    sums = folder / SUMS
    lines = sums.read_text(encoding='ascii').splitlines() if sums.is_file() else []
    return {name: digest for digest, _, name in (line.partition('  ') for line in lines)}


def encode_thumbnail(image: RgbImage, side_px: int, quality: int) -> bytes:
    """Return an image as a JPEG whose shorter side is ``side_px``; it is never enlarged."""
    scale = min(1.0, side_px / min(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def decode_thumbnail(encoded: bytes) -> RgbImage | None:
    """Return the (H, W, 3) RGB image of a JPEG; None where it is none."""
    image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _name(keyframe_id: int) -> str:
    return f'{keyframe_id:06d}.jpg'
