# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Find the images of a folder, and the time each was taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
import re

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.stamp_units import is_date, parse_stamp_ns
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import NS_PER_S

_SUFFIXES = ('.jpg', '.jpeg', '.png')
#: Formats of images that are not read.
_OTHER_SUFFIXES = {
    *('.tif', '.tiff', '.bmp', '.webp', '.gif', '.pgm', '.ppm', '.pnm', '.jp2', '.exr', '.hdr'),
    *('.heic', '.heif', '.avif', '.jxl', '.qoi', '.dng', '.cr2', '.cr3', '.nef', '.arw', '.raw'),
}
_THUMBNAILS = {'thumbs', 'thumbnails'}
#: A file name that is a time since 1970: seconds with decimals, or nanoseconds,
_STAMP_NAME = re.compile(r'\d{9,10}\.\d+|\d{18,19}')
#: or seconds with decimals since the start of a computer,
_UPTIME_NAME = re.compile(r'\d{1,8}\.\d{2,9}')
#: or whole seconds, milliseconds or microseconds; only a date after 1990 is no counter.
_WHOLE_NAME = re.compile(r'\d{10}|\d{13}|\d{16}')
#: Where more of the names are times, the other images are left out.
_MOST_TIMED = 0.9


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


def has_images(root: Path) -> bool:
    """Return whether a folder or one directly below it has images."""
    try:
        return any(_image_paths(folder) for folder in (root, *_below(root)))
    except OSError:
        return False


def choose_folders(root: Path, wanted: Sequence[str]) -> tuple[Path, ...]:
    """Return the wanted folders of images, or the only one: the root or a sub-folder.

    Raises:
        SourceError: a wanted one has no images, or the choice is ambiguous; lists the folders.
    """
    try:
        available = [folder for folder in (root, *_below(root)) if _image_paths(folder)]
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
        elif others := [text for folder in (root, *_below(root)) for text in _not_read(folder)]:
            advice = f'in it are {others[0]}, which are not read; convert them to JPEG or PNG'
        raise SourceError(f'{root} has {len(available)} folders of images ({listed}): {advice}.')
    return (available[0],)


@dataclass(frozen=True)
class ImageListing:
    """The images of a source.

    Attributes:
        images: in natural order of their names, folder by folder.
        timed: whether their names are times; otherwise they are counted one second apart.
        dated: whether these are dates; seconds since a start may be numbers of another kind.
        untimed: images left out because their names are no times and almost all others are.
    """

    images: list[ImageFile]
    timed: bool
    dated: bool
    untimed: list[Path]


def list_images(folders: Sequence[Path]) -> ImageListing:
    """List the images of some folders with their times."""
    listings = [_image_paths(folder) for folder in folders]
    names = [path for paths in listings for path in paths]
    few = (1.0 - _MOST_TIMED) * len(names)
    untimed = [path for path in names if not _is_time(path.stem)]
    dated = len(untimed) <= few
    if not dated:
        untimed = [path for path in names if not _UPTIME_NAME.fullmatch(path.stem)]
    timed = len(untimed) <= few
    left_out = untimed if timed else []
    images = [
        ImageFile(path, camera, parse_stamp_ns(path.stem) if timed else row * NS_PER_S)
        for camera, paths in enumerate(listings)
        for row, path in enumerate(paths)
        if path not in left_out
    ]
    return ImageListing(images, timed, dated, left_out)


def not_read_checks(root: Path, folders: Sequence[Path]) -> tuple[PreflightCheck, ...]:
    """Return a warning for images in the source's folders that are not read.

    Args:
        root: folder of the source.
        folders: that are read.
    """
    found = [text for folder in folders for text in _not_read(folder)]
    if root in folders:
        below = [(path.name, len(_image_paths(path))) for path in _below(root)]
        found += [
            f'{number} images in folder {name}, which --image-topic chooses'
            for name, number in below
            if number and root / name not in folders
        ]
    if not found:
        return ()
    text = f'Not read: {"; ".join(found)}.'
    return (PreflightCheck('images', 'warning', text),)


def _not_read(folder: Path) -> list[str]:
    """Return images of a folder that cannot be read, in words."""
    visible = [path for path in folder.iterdir() if not path.name.startswith('.')]
    others = [path for path in visible if path.suffix.lower() in _OTHER_SUFFIXES]
    broken = [path for path in visible if path.suffix.lower() in _SUFFIXES and not path.exists()]
    found = []
    if others:
        suffixes = ', '.join(sorted({path.suffix for path in others}))
        found.append(f'{len(others)} images of other formats ({suffixes})')
    if broken:
        found.append(f'{len(broken)} links to missing files, the first {broken[0].name}')
    return found


def _below(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and not _hidden(path))


def _is_time(name: str) -> bool:
    if _STAMP_NAME.fullmatch(name):
        return True
    return bool(_WHOLE_NAME.fullmatch(name)) and is_date(Decimal(name))


def _image_paths(folder: Path) -> list[Path]:
    """List the images of a folder; hidden files such as ``._x.jpg`` are none of them."""
    paths = (
        path
        for path in folder.iterdir()
        if path.suffix.lower() in _SUFFIXES and not path.name.startswith('.')
    )
    return sorted((path for path in paths if path.is_file()), key=_natural)


def _hidden(folder: Path) -> bool:
    """Return whether a folder holds thumbnails or a system's own files."""
    return folder.name.startswith(('.', '__')) or folder.name.lower() in _THUMBNAILS


def _natural(path: Path) -> list[tuple[int, str]]:
    """Order numbers in names by value: 2.jpg before 10.jpg."""
    return [
        (int(part), '') if part.isdigit() else (-1, part)
        for part in re.findall(r'[0-9]+|[^0-9]+', path.name)
    ]
