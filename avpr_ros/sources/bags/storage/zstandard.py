# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Zstandard decompression with whichever module the installed rosbags brought."""

from __future__ import annotations

from functools import cache
import importlib
from pathlib import Path
import shutil
from typing import IO, Any

from avpr_ros.errors import SourceError

MAGIC = b'\x28\xb5\x2f\xfd'


def decompress(data: bytes) -> bytes:
    """Return the decompressed bytes of one frame."""
    module = _module()
    if hasattr(module, 'ZstdDecompressor') and not hasattr(module, 'decompress'):
        return bytes(module.ZstdDecompressor().decompressobj().decompress(data))
    return bytes(module.decompress(data))


def decompress_file(compressed: Path, output: Path) -> None:
    """Write the decompressed content of a file to another."""
    with compressed.open('rb') as raw, output.open('wb') as target:
        stream: IO[bytes] = _module().open(raw, 'rb')
        with stream:
            shutil.copyfileobj(stream, target)


@cache
def _module() -> Any:
    """Return Python 3.14's module, its backport, or the older package."""
    for name in ('compression.zstd', 'backports.zstd', 'zstandard'):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise SourceError(
        'The recording is compressed with zstd and no module reads it: pip install backports.zstd.'
    )
