# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The border to the libraries that read files: what they raise becomes one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import stat

from avpr_ros.errors import AvprError

_CHARACTERS = 200


@contextmanager
def reading(path: object, error: type[AvprError], advice: str) -> Iterator[None]:
    """Turn whatever is raised while a file is read into one error of ours.

    Args:
        path: the file or its path, for the text.
        error: class of the error.
        advice: what to do about it, the end of the sentence.

    Raises:
        AvprError: ``error`` for every exception of a library; our own pass as they are.
    """
    try:
        yield
    except AvprError:
        raise
    # Damaged bytes raise what the library meets in them: errors of zip, index, memory, recursion.
    except Exception as cause:
        raise error(f'{path} cannot be read ({reason(cause)}); {advice}') from cause


def read_regular(path: Path, most_bytes: int) -> bytes:
    """Return the bytes of a regular file; pipes and devices, which may not end, are refused.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no regular file, or has more bytes.
    """
    # Without a writer, opening a pipe would wait for one.
    with open(path, 'rb', opener=lambda p, flags: os.open(p, flags | os.O_NONBLOCK)) as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ValueError('it is no regular file')
        # A buffer of the limit's size would be made before anything is read.
        data = stream.read(found.st_size) if found.st_size <= most_bytes else b''
    if found.st_size > most_bytes:
        raise ValueError(f'it has {found.st_size} bytes, more than {most_bytes // 10**6} million')
    return data


def reason(error: BaseException) -> str:
    """Return an exception's text on one line, shortened, as some parsers quote the whole input."""
    words = ' '.join(str(error).split()).rstrip('.') or type(error).__name__
    return words if len(words) <= _CHARACTERS else f'{words[:_CHARACTERS]}...'
