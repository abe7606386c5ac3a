# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Open a bag, a dataset or an image folder by its path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.bags.metadata import METADATA
from avpr_ros.sources.bags.recording import storage_files
from avpr_ros.sources.bags.splits import group_splits
from avpr_ros.sources.bags.storage.opening import storage_suffix
from avpr_ros.sources.datasets.dataset_source import DatasetSource
from avpr_ros.sources.datasets.open import is_dataset
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.images.image_listing import has_images
from avpr_ros.sources.options import SourceOptions

_ARCHIVES = ('.gz', '.tgz', '.tar', '.zip', '.7z', '.xz', '.bz2', '.lz4', '.rar')

_MANIFEST_OF_MAP = 'manifest.json'

__all__ = ['SourceOptions', 'group_splits', 'open_recording', 'open_source']


def open_source(path: Path, options: SourceOptions) -> FrameSource:
    """Open a bag (folder, .mcap, .db3, ROS 1 .bag, also .zstd), dataset or image folder.

    A dataset is GSV-Cities' root or one city's ``database`` or ``query`` of MSLS; folders in the
    layout of datasets_vg are image folders.

    Raises:
        SourceError: the path does not exist, cannot be read or does not match the options; the
            text lists what it contains.
    """
    if not path.exists():
        raise SourceError(f'{path} does not exist: give a bag or a folder of images.')
    if path.is_file():
        if storage_suffix(path):
            return BagSource(path, options)
        raise SourceError(f'{path} is not a bag: {_advice(path)}.')
    if _is_bag(path):
        return BagSource(path, options)
    if is_dataset(path):
        return DatasetSource(path, options)
    below = _bags_below(path)
    if len(below) == 1:
        return BagSource(below[0], options)
    if below:
        names = ', '.join(bag.name for bag in below)
        raise SourceError(
            f'{path} holds {len(below)} bags: give one of them, or several one by one: {names}.'
        )
    if has_images(path):
        return ImageFolderSource(path, options)
    if (path / _MANIFEST_OF_MAP).is_file():
        raise SourceError(f'{path} is a gallery map: give the recording that it is to hold.')
    if deeper := _bags_deeper(path):
        names = ', '.join(str(bag.relative_to(path)) for bag in deeper)
        raise SourceError(f'{path} holds bags further below: give them one by one: {names}.')
    return ImageFolderSource(path, options)


def open_recording(files: Sequence[Path], options: SourceOptions) -> FrameSource:
    """Open a source, or several files of one bag as one.

    Raises:
        SourceError: as ``open_source``.
    """
    return open_source(files[0], options) if len(files) == 1 else BagSource(files, options)


def _is_bag(folder: Path) -> bool:
    """Return whether a folder is a bag; raises ``SourceError`` where it cannot be read."""
    try:
        return (folder / METADATA).is_file() or bool(storage_files(folder))
    except OSError as error:
        raise SourceError(f'Folder {folder} cannot be read: {error.strerror}.') from error


def _bags_below(folder: Path) -> list[Path]:
    """Return the bag folders in a folder that has no images of its own."""
    return [path for path in _folders(folder) if _has_storage(path)]


def _bags_deeper(folder: Path) -> list[Path]:
    """Return the bags two folders below."""
    return [bag for below in _folders(folder) for bag in _bags_below(below)]


def _folders(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _advice(path: Path) -> str:
    """Return what to give instead of a file that is no bag."""
    if path.name == METADATA:
        return f'give its folder {path.parent}'
    if path.suffix.lower() in _ARCHIVES:
        return 'unpack it and give what is in it'
    if path.suffix.lower() == '.active':
        return 'its recorder did not close it; "rosbag reindex" repairs it, then rename it to .bag'
    return 'give a bag folder, a .mcap, .db3 or .bag file, or an image folder'


def _has_storage(folder: Path) -> bool:
    try:
        return not folder.name.startswith('.') and bool(storage_files(folder))
    except OSError:
        return False
