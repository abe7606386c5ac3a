# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The border to the libraries that read files: what they raise becomes one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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


def reason(error: BaseException) -> str:
    """Return an exception's text on one line, shortened, as some parsers quote the whole input."""
    words = ' '.join(str(error).split()).rstrip('.') or type(error).__name__
    return words if len(words) <= _CHARACTERS else f'{words[:_CHARACTERS]}...'
