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
COMPRESSED_SUFFIX = '.zstd'
_KINDS: dict[str, Callable[[Path], StorageFile]] = {
    '.mcap': McapFile,
    '.db3': SqliteFile,
    '.bag': Ros1File,
}


def storage_suffix(path: Path) -> str:
    """Return ``.mcap``, ``.db3`` or ``.bag`` by a file's name, in any case; empty for others."""
    name = path.name.lower().removesuffix(COMPRESSED_SUFFIX)
    hidden = path.name.startswith('.')
    return '' if hidden else next((end for end in SUFFIXES if name.endswith(end)), '')


@contextmanager
def open_storage(path: Path) -> Iterator[StorageFile]:
    """Open a storage file; one that is compressed as a whole is unpacked to a temporary file.

    Raises:
        SourceError: it cannot be read.
    """
    if not path.name.lower().endswith(COMPRESSED_SUFFIX):
        with _opened(path, path) as storage:
            yield storage
        return
    with TemporaryDirectory() as folder:
        unpacked = Path(folder) / path.name[: -len(COMPRESSED_SUFFIX)]
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
    kinds: dict[str, Callable[[Path], StorageFile]] = {
        '.mcap': McapFile,
        '.db3': SqliteFile,
        '.bag': Ros1File,
    }
    try:
        storage = kinds[storage_suffix(path)](path)
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
