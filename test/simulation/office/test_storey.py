# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.office.plan import CEILING_M, STOREY_M
from simulation.office.storey import build_storey
from simulation.rendering.world import World

Key = tuple[bytes, bytes]


def _keys(world: World, below_m: float) -> set[Key]:
    """What a storey is made of, without its height."""
    return {
        ((s.vertices_m - [0, 0, below_m]).round(6).tobytes(), s.texture.tobytes())
        for s in world.surfaces
    }


@pytest.fixture(scope='module')
def storeys() -> list[World]:
    return [build_storey(storey) for storey in range(4)]


def test_storeys_lie_above_each_other_and_do_not_touch(storeys: list[World]) -> None:
    for storey, world in enumerate(storeys):
        heights = np.concatenate([s.vertices_m[:, 2] for s in world.surfaces])
        assert heights.min() == pytest.approx(storey * STOREY_M)
        assert heights.max() == pytest.approx(storey * STOREY_M + CEILING_M)


def test_storeys_share_nearly_everything_and_each_has_marks_of_its_own(
    storeys: list[World],
) -> None:
    keys = [_keys(world, storey * STOREY_M) for storey, world in enumerate(storeys)]

    for index, one in enumerate(keys):
        for other in keys[:index]:
            assert len(one & other) > 0.75 * len(one)
            assert len(one - other) > 20


def test_a_mapped_and_an_unmapped_corridor_differ_by_name_plates_only(
    storeys: list[World],
) -> None:
    (first, other), marked = (_corridor(storeys[k], k * STOREY_M) for k in (0, 3)), storeys[1]

    assert len(first) > 100
    # Nine doors on each side, a name plate each.
    assert len(first ^ other) <= 2 * 18
    assert len(first ^ _corridor(marked, STOREY_M)) > 2 * 18 + 10


def _corridor(world: World, below_m: float) -> set[Key]:
    """The first half of the southern corridor."""
    middles = ((surface, surface.vertices_m[:, :2].mean(0)) for surface in world.surfaces)
    return _keys(World([s for s, (x, y) in middles if 1.2 < x < 28.2 and abs(y) < 2.0]), below_m)


def test_open_doors_follow_the_seed_and_change_nothing_else() -> None:
    shut, some, same = build_storey(0), build_storey(0, 0.2, 5), build_storey(0, 0.2, 5)

    opened = _keys(some, 0.0) - _keys(shut, 0.0)
    assert _keys(some, 0.0) == _keys(same, 0.0)
    assert 0.1 * 96 < len(opened) < 0.35 * 96
