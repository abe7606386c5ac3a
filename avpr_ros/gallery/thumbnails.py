# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Small JPEGs of the keyframes, for people; a robot can do without them."""

from __future__ import annotations

import hashlib
from pathlib import Path
import re

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ImageDecodeError, MapError
from avpr_ros.gallery.map_folder import THUMBNAIL_NAME, THUMBNAILS, map_file
from avpr_ros.sources.images.decode import decode_encoded
from avpr_ros.storage.open_file import OpenFile
from avpr_ros.storage.reading import reading

FOLDER = THUMBNAILS
SUMS = f'{FOLDER}/SHA256SUMS'
#: As ``sha256sum`` writes them; no name leaves the folder.
_LINE = re.compile(rf'([0-9a-f]{{64}})  ({THUMBNAIL_NAME.pattern})')
#: A list of ten million keyframes is shorter.
_MAX_SUMS_BYTES = 1_000_000_000


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
    """Reads thumbnails and checks each against its hash.

    Attributes:
        sums: hash of each, by file name.
    """

    def __init__(self, folder: Path, sums: OpenFile | None = None) -> None:
        """Read ``SHA256SUMS`` where it is there.

        Args:
            folder: the map's folder.
            sums: the list, where it is open already.
        """
        self._map = folder
        self.sums = read_sums(folder, sums)

    def read(self, keyframe_id: int) -> RgbImage | None:
        """Return the (H, W, 3) RGB thumbnail, or None where this copy of the map has none.

        Raises:
            MapError: the file is damaged.
        """
        encoded = self.read_encoded(_name(keyframe_id))
        if encoded is None:
            return None
        image = decode_thumbnail(encoded)
        if image is None:
            raise MapError(
                f'{self._map / FOLDER / _name(keyframe_id)} is not a readable JPEG; build the map '
                'again'
            )
        return image

    def read_encoded(self, name: str) -> bytes | None:
        """Return the bytes of a thumbnail by its file name; otherwise as ``read``."""
        path = map_file(self._map, f'{FOLDER}/{name}') if name in self.sums else None
        if path is None:
            return None
        with reading(path, MapError, 'copy the map again or build it again'):
            encoded = path.read_bytes()
        if hashlib.sha256(encoded).hexdigest() != self.sums[name]:
            raise MapError(f'{path} is damaged (wrong hash); copy the map again or build it again')
        return encoded


def read_sums(folder: Path, sums: OpenFile | None = None) -> dict[str, str]:
    """Return the hash of each thumbnail of a map folder, by file name; empty without any.

    Args:
        folder: the map's folder.
        sums: the list, where it is open already.

    Raises:
        MapError: the list or its folder is a symlink, or a line is no hash and name of a
            thumbnail.
    """
    path = folder / SUMS
    with reading(path, MapError, 'build the map again'):
        if sums is None:
            file = map_file(folder, SUMS)
            if file is None:
                return {}
            sums = OpenFile(file)
        if sums.size > _MAX_SUMS_BYTES:
            raise ValueError(f'it has more than {_MAX_SUMS_BYTES} bytes')
        lines = sums.read().decode('ascii').splitlines()
    found = [_LINE.fullmatch(line) for line in lines]
    for number, match in enumerate(found, start=1):
        if match is None:
            raise MapError(
                f'{path}, line {number} is no hash and name of a thumbnail; build the map again'
            )
    return {match[2]: match[1] for match in found if match is not None}


def encode_thumbnail(image: RgbImage, side_px: int, quality: int) -> bytes:
    """Return an image as a JPEG whose shorter side is ``side_px``; it is never enlarged."""
    scale = min(1.0, side_px / min(image.shape[:2]))
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()


def decode_thumbnail(encoded: bytes) -> RgbImage | None:
    """Return the (H, W, 3) RGB image of a JPEG; None where it is none, or too large."""
    try:
        return decode_encoded(np.frombuffer(encoded, np.uint8), 'thumbnail')
    except ImageDecodeError:
        return None


def _name(keyframe_id: int) -> str:
    return f'{keyframe_id:06d}.jpg'
