# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Open a bag, a dataset or an image folder by its path."""

from __future__ import annotations

from pathlib import Path

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.datasets.dataset_source import DatasetSource
from avpr_ros.sources.datasets.open import is_dataset
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.options import SourceOptions

__all__ = ['SourceOptions', 'open_source']

_BAG_SUFFIXES = ('.bag', '.mcap', '.db3')


def open_source(path: Path, options: SourceOptions) -> FrameSource:
    """Open a bag (folder with metadata.yaml, .mcap, .db3, ROS 1 .bag), dataset or image folder.

    A dataset is GSV-Cities' root or one city's ``database`` or ``query`` of MSLS; folders in the
    layout of datasets_vg are image folders.

    Raises:
        SourceError: the path does not exist, cannot be read or does not match the options; the
            text lists what it contains.
    """
    if not path.exists():
        raise SourceError(f'{path} does not exist: give a bag or a folder of images.')
    if path.is_file():
        if path.suffix in _BAG_SUFFIXES:
            return BagSource(path, options)
        raise SourceError(
            f'{path} is not a bag: give a bag folder, a .mcap, .db3 or .bag file, or an image '
            'folder.'
        )
    if (path / 'metadata.yaml').is_file():
        return BagSource(path, options)
    if is_dataset(path):
        return DatasetSource(path, options)
    bags = sorted(p for p in path.iterdir() if p.suffix in _BAG_SUFFIXES)
    if len(bags) == 1:
        return BagSource(bags[0], options)
    if bags:
        names = ', '.join(bag.name for bag in bags)
        raise SourceError(
            f'{path} holds several bags without a metadata.yaml: open one of {names}.'
        )
    return ImageFolderSource(path, options)
