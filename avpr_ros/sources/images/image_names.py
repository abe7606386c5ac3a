# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Match the images that a file names with those of a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
import re

#: Zeros before a number that counts; those of a fraction have a value.
_PADDING = re.compile(r'(?<![\d.])0+(?=\d)')


@dataclass(frozen=True)
class NameMatches:
    """The row of each image.

    Attributes:
        rows: (N) row of an image, or None.
        loose: written and true name of the first image that was matched by the last part of its
            name, whatever its case, suffix and padding; None without.
    """

    rows: list[int | None]
    loose: tuple[str, str] | None = None


def match_names(root: Path, images: Sequence[Path], row_of: Mapping[str, int]) -> NameMatches:
    """Look images up by the path below the source, by the bare name, then by its last part.

    The last part counts only where one image and one row have it, and for most images.

    Args:
        root: folder of the source.
        images: (N) files below it.
        row_of: row by name as written, with forward slashes.
    """
    exact = [_exact_row(root, path, row_of) for path in images]
    taken = set(exact)
    rows_left = _by_plain_name([name for name, row in row_of.items() if row not in taken])
    images_left = _by_plain_name(
        [str(path) for path, row in zip(images, exact, strict=True) if row is None]
    )
    pairs: dict[int, str] = {}
    for number, path in enumerate(images):
        plain = _plain_name(str(path))
        written = rows_left.get(plain)
        if exact[number] is None and written and images_left.get(plain):
            pairs[number] = written
    # Beside many exact names, an image without a row has no pose.
    if len(pairs) <= sum(row is not None for row in exact):
        return NameMatches(exact)
    first = min(pairs)
    rows = [row_of[pairs[n]] if n in pairs else row for n, row in enumerate(exact)]
    return NameMatches(rows, (pairs[first], images[first].relative_to(root).as_posix()))


def _exact_row(root: Path, path: Path, row_of: Mapping[str, int]) -> int | None:
    for name in (path.relative_to(root).as_posix(), path.name, path.stem):
        if name in row_of:
            return row_of[name]
    return None


def _by_plain_name(names: Sequence[str]) -> dict[str, str]:
    """Return the name of each plain name; an empty text where several have it."""
    found: dict[str, str] = {}
    for name in names:
        plain = _plain_name(name)
        found[plain] = '' if plain in found else name
    return found


def _plain_name(name: str) -> str:
    """Return the last part of a name in small letters, without image suffix and padding."""
    last = PurePosixPath(name).name.lower()
    return _PADDING.sub('', re.sub(r'\.(jpe?g|png|bmp|tiff?|pgm|ppm|webp)$', '', last))
