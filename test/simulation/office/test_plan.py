# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.office.plan import DOOR_PITCH_M, OFFICE_PLAN, WIDTH_M


def test_every_wall_has_room_for_a_whole_number_of_doors() -> None:
    for corridor in OFFICE_PLAN.corridors:
        for wall in OFFICE_PLAN.sides(corridor):
            assert wall.length_m / DOOR_PITCH_M == pytest.approx(
                round(wall.length_m / DOOR_PITCH_M)
            )


def test_walls_face_the_corridor_between_them() -> None:
    for corridor in OFFICE_PLAN.corridors:
        start, along, length_m = OFFICE_PLAN.heading(corridor)
        middle = start + length_m / 2 * along
        for wall in OFFICE_PLAN.sides(corridor):
            towards = middle - (wall.left_m + wall.right_m) / 2
            assert np.allclose(towards, WIDTH_M / 2 * wall.outward)


def test_crossings_are_closed_where_no_corridor_leaves() -> None:
    ends = list(OFFICE_PLAN.ends())

    # Four corners with two walls each, two T-crossings with one.
    assert len(ends) == 4 * 2 + 2
    for node, wall in ends:
        towards = OFFICE_PLAN.grid.crossing(*node) - (wall.left_m + wall.right_m) / 2
        assert np.allclose(towards, WIDTH_M / 2 * wall.outward)
        assert wall.length_m == pytest.approx(WIDTH_M)
