# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from simulation.drives.worlds import QUICK_WORLDS, WORLDS


def test_no_place_of_the_outside_drives_is_near_the_map() -> None:
    for world in (WORLDS[1], QUICK_WORLDS[1]):
        mapping = np.concatenate([drive.drive().xy_m for drive in world.mapping])
        for spec in world.queries['outside_map']:
            outside = spec.drive().xy_m
            away_m = min(np.hypot(*(mapping - at).T).min() for at in outside[::4])
            assert away_m > 2 * world.wrong_m


def test_the_outside_drives_have_hundreds_of_images() -> None:
    drives = WORLDS[1].queries['outside_map']

    assert sum(len(spec.drive().image_times_s()) for spec in drives) > 500
