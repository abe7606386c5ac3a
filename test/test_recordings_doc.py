# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""docs/recordings.md says of encodings and distortion models what the code does."""

from __future__ import annotations

from pathlib import Path
import re

import pytest

from avpr_ros.errors import UnsupportedModelError
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.images.encodings import (
    PIXEL_BYTES,
    SAME_LAYOUT,
    layout_of,
    why_no_picture,
    why_unsupported,
)
from avpr_ros.sources.intrinsics import check_intrinsics

TEXT = (Path(__file__).resolve().parent.parent / 'docs' / 'recordings.md').read_text('utf-8')


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table that begins with a heading."""
    lines = TEXT[TEXT.index(f'\n| {heading} |') + 1 :].split('\n\n')[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r'`([^`]+)`', cell)


def test_table_of_encodings_is_complete() -> None:
    told = {name.lower() for cells in rows('encoding') for name in names(cells[0])}
    assert told - {'compressedimage'} == {*PIXEL_BYTES, *SAME_LAYOUT}
    assert all(layout_of(name.upper()) in PIXEL_BYTES for name in told - {'compressedimage'})


def test_refused_encodings_are_refused_for_that_reason() -> None:
    depth, video = rows('refused')[:2]
    for name in names(depth[0])[:3]:
        assert 'of depth or measurements' in why_unsupported(name)
    assert why_no_picture(names(depth[0])[3], b'') is not None
    for name in names(video[0])[:3]:
        assert f'{name} video' in (why_no_picture(name, b'') or '')


@pytest.mark.parametrize(('row', 'count'), [('plumb_bob', 4), ('equidistant', 4)])
def test_distortion_models_of_the_table_are_known(row: str, count: int) -> None:
    (cells,) = [cells for cells in rows('convention') if cells[0].startswith(f'`{row}`')]
    k = (30.0, 0.0, 16.0, 0.0, 30.0, 12.0, 0.0, 0.0, 1.0)
    for name in names(cells[0]):
        check_intrinsics(CameraIntrinsics(32, 24, name, k, (0.0,) * count))
    with pytest.raises(UnsupportedModelError):
        check_intrinsics(CameraIntrinsics(32, 24, 'double_sphere', k, ()))
