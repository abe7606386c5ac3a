# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Find the images of a folder, and the time each was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
import re

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.stamp_units import parse_stamp_ns
from avpr_ros.stamps import NS_PER_S

_SUFFIXES = ('.jpg', '.jpeg', '.png')
#: A file name that is a time since 1970: seconds with decimals, or nanoseconds.
_STAMP_NAME = re.compile(r'\d{9,10}\.\d+|\d{18,19}')


@dataclass(frozen=True)
class ImageFile:
    """An image on disk.

    Attributes:
        path: the file.
        camera: index of its folder.
        stamp_ns: time it was taken.
    """

    path: Path
    camera: int
    stamp_ns: int


def choose_folders(root: Path, wanted: Sequence[str]) -> tuple[Path, ...]:
    """Return the wanted folders of images, or the only one: the root or a sub-folder.

    Raises:
        SourceError: a wanted one has no images, or the choice is ambiguous; lists the folders.
    """
    try:
        below = sorted(path for path in root.iterdir() if path.is_dir())
        available = [folder for folder in (root, *below) if _image_paths(folder)]
    except OSError as error:
        raise SourceError(f'Folder {root} cannot be read: {error}.') from error
    names = ('.' if folder == root else folder.name for folder in available)
    listed = ', '.join(names) or 'none'
    for name in wanted:
        if not (root / name).is_dir() or not _image_paths(root / name):
            raise SourceError(
                f'{root / name} is not a folder with JPEG or PNG images; folders with images: '
                f'{listed}.'
            )
    if wanted:
        return tuple(root / name for name in dict.fromkeys(wanted))
    if available and available[0] == root:
        return (root,)
    if len(available) != 1:
        advice = 'give a bag, or a folder of JPEG or PNG images'
        if available:
            advice = 'choose with --image-topic'
        raise SourceError(f'{root} has {len(available)} folders of images ({listed}): {advice}.')
    return (available[0],)


def list_images(folders: Sequence[Path]) -> tuple[list[ImageFile], bool]:
    """List images in natural order of their names, folder by folder.

    Returns:
        The images, and whether their names are times. If not all are, images are counted one
        second apart.
    """
    listings = [_image_paths(folder) for folder in folders]
    timed = all(_STAMP_NAME.fullmatch(path.stem) for paths in listings for path in paths)
    images = [
        ImageFile(path, camera, parse_stamp_ns(path.stem) if timed else row * NS_PER_S)
        for camera, paths in enumerate(listings)
        for row, path in enumerate(paths)
    ]
    return images, timed


def _image_paths(folder: Path) -> list[Path]:
    paths = (path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    return sorted((path for path in paths if path.is_file()), key=_natural)


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order numbers in names by value: 2.jpg before 10.jpg."""
    return [
        (int(part), '') if part.isdigit() else (-1, part)
        for part in re.findall(r'[0-9]+|[^0-9]+', path.name)
    ]
