# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Text of files of poses, in the encodings that spreadsheets and editors write."""

from __future__ import annotations

import codecs
from pathlib import Path

from avpr_ros.errors import SourceError
from avpr_ros.storage.reading import read_regular

#: Bytes that show the encoding: with UTF-16 and digits, every second one is 0.
_HEAD_BYTES = 200
#: Larger files are refused: a trajectory of an hour at 200 Hz has half of it.
MAX_BYTES = 128_000_000


def read_text(path: Path, what: str) -> str:
    """Return a file's text in UTF-8, UTF-16 or the Windows code page.

    Args:
        path: the file.
        what: its kind and name, for the error's text.

    Raises:
        SourceError: it cannot be read, is no text, or has more than ``MAX_BYTES``.
    """
    try:
        data = read_regular(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        raise SourceError(f'{what} cannot be read: {error}.') from error
    try:
        text = data.decode(_utf16(data) or 'utf-8-sig')
    except UnicodeDecodeError:
        text = data.decode('cp1252', errors='replace')
    if '\0' in text:
        raise SourceError(f'{what} cannot be read: it is no text file.')
    return text


def _utf16(data: bytes) -> str | None:
    """Return the name of the UTF-16 that a file is in, with or without a mark; None: another."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return 'utf-16'
    head = data[:_HEAD_BYTES]
    zeros = [head[first::2].count(0) for first in (0, 1)]
    if max(zeros) < len(head) // 4 or min(zeros) > 0:
        return None
    return 'utf-16-be' if zeros[0] else 'utf-16-le'
