# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Open one storage file by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.storage import zstandard
from avpr_ros.sources.bags.storage.mcap import McapFile
from avpr_ros.sources.bags.storage.ros1 import Ros1File
from avpr_ros.sources.bags.storage.sqlite import SqliteFile
from avpr_ros.sources.bags.storage.stored_topic import StorageFile
from avpr_ros.storage.reading import reason

SUFFIXES = ('.mcap', '.db3', '.bag')
#: Of rosbag2 and of the command ``zstd``.
COMPRESSED_SUFFIXES = ('.zstd', '.zst')
_KINDS: dict[str, Callable[[Path], StorageFile]] = {
    '.mcap': McapFile,
    '.db3': SqliteFile,
    '.bag': Ros1File,
}


def storage_suffix(path: Path) -> str:
    """Return ``.mcap``, ``.db3`` or ``.bag`` by a file's name, in any case; empty for others."""
    name = unpacked_name(path.name).lower()
    hidden = path.name.startswith('.')
    return '' if hidden else next((end for end in SUFFIXES if name.endswith(end)), '')


def unpacked_name(name: str) -> str:
    """Return the name of a file without the suffix of its compression as a whole."""
    packed = name.lower().endswith(COMPRESSED_SUFFIXES)
    return name.rpartition('.')[0] if packed else name


@contextmanager
def open_storage(path: Path) -> Iterator[StorageFile]:
    """Open a storage file; one that is compressed as a whole is unpacked to a temporary file.

    Raises:
        SourceError: it cannot be read.
    """
    if unpacked_name(path.name) == path.name:
        with _opened(path, path) as storage:
            yield storage
        return
    with TemporaryDirectory() as folder:
        unpacked = Path(folder) / unpacked_name(path.name)
        try:
            zstandard.decompress_file(path, unpacked)
        except SourceError:
            raise
        except OSError as error:
            raise SourceError(
                f'{path} cannot be unpacked to {folder} ({reason(error)}): free space there, or '
                'unpack it with "unzstd".'
            ) from error
        except Exception as error:
            raise cannot_read(path, error) from error
        with _opened(unpacked, path) as storage:
            yield storage


@contextmanager
def _opened(path: Path, named: Path) -> Iterator[StorageFile]:
    try:
        if not path.stat().st_size:
            raise SourceError(
                f'Bag {named} is truncated, damaged or of an unknown kind (it is empty): its '
                'recorder was stopped before it wrote; remove it to read the files beside it.'
            )
        storage = _KINDS[storage_suffix(path)](path)
    except SourceError:
        raise
    except Exception as error:
        raise cannot_read(named, error) from error
    try:
        yield storage
    finally:
        storage.close()


def cannot_read(path: Path, error: Exception) -> SourceError:
    """Return the error of a bag that cannot be read."""
    return SourceError(
        f'Bag {path} is truncated, damaged or of an unknown kind ({reason(error)}): restore it '
        'from its original or repair it with its recorder\'s tools ("ros2 bag reindex", '
        '"mcap recover").'
    )
