# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Zstandard decompression with whichever module the installed rosbags brought."""

from __future__ import annotations

from functools import cache
import importlib
from pathlib import Path
from typing import IO, Any

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.storage.unpack_limit import most_unpacked_bytes

#: Of a message that is compressed by itself; the largest images have a half of it.
MAX_MESSAGE_BYTES = 1 << 28
_BLOCK_BYTES = 1 << 20
MAGIC = b'\x28\xb5\x2f\xfd'


def decompress(data: bytes, max_bytes: int) -> bytes:
    """Return the decompressed bytes of one frame, at most so many."""
    module = _module()
    decompressor = module.ZstdDecompressor()
    if hasattr(module, 'decompress'):
        parts = [decompressor.decompress(data, max_bytes)]
        while not decompressor.eof and not decompressor.needs_input and parts[-1]:
            left = max_bytes - sum(len(part) for part in parts)
            if left <= 0:
                break
            parts.append(decompressor.decompress(b'', left))
        return b''.join(parts)
    with decompressor.stream_reader(data) as stream:
        return bytes(stream.read(max_bytes))


def decompress_file(compressed: Path, output: Path) -> None:
    """Write the decompressed content of a file to another.

    Raises:
        ValueError: it is more than ``MAX_RATIO`` times as large, which would fill the disk.
    """
    most = most_unpacked_bytes(compressed.stat().st_size)
    with compressed.open('rb') as raw, output.open('wb') as target:
        stream: IO[bytes] = _module().open(raw, 'rb')
        with stream:
            while block := stream.read(_BLOCK_BYTES):
                target.write(block)
                if target.tell() > most:
                    raise ValueError(f'it unpacks to more than {most} bytes')


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
