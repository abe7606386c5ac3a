# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.town.murals import billboard, mural


def test_murals_differ_from_each_other_and_from_the_wall() -> None:
    one, other = (
        mural(9.0, 8.0, (200, 190, 180), np.random.default_rng(s)).astype(float) for s in (1, 2)
    )

    assert one.shape == other.shape
    assert np.abs(one - other).mean() > 15
    assert np.abs(one - [200, 190, 180]).mean() > 15


@pytest.mark.parametrize(
    ('left', 'along'),
    [((0, 0), (1, 0)), ((10, 0), (0, 1)), ((10, 10), (-1, 0)), ((0, 10), (0, -1))],
)
def test_a_billboard_stands_on_the_roof_s_edge_within_the_house(left, along) -> None:
    for seed in range(5):
        surfaces = billboard(left, along, 10.0, 7.0, np.random.default_rng(seed))
        corners = np.concatenate([surface.vertices_m for surface in surfaces])

        assert corners[:, :2].min() >= -1e-9
        assert corners[:, :2].max() <= 10 + 1e-9
        assert 7.0 < corners[:, 2].min() < corners[:, 2].max() < 10.5
        # On the edge: one side of the board is in the plane of the wall.
        inward = np.array([-along[1], along[0]])
        depth = (corners[:, :2] - left) @ inward
        assert depth.min() == pytest.approx(0.0, abs=1e-9)
        assert depth.max() == pytest.approx(0.3, abs=1e-9)
