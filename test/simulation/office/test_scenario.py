# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulation.office.plan import OFFICE_PLAN, WIDTH_M
from simulation.office.scenario import MAPPED_STOREYS, MAPPING, QUERIES, OfficeDrive


@pytest.mark.parametrize('spec', [*MAPPING, *QUERIES], ids=lambda spec: spec.name)
def test_drives_follow_corridors_and_keep_off_the_walls(spec: OfficeDrive) -> None:
    drive = spec.drive()

    for pair in zip(spec.route[:-1], spec.route[1:], strict=True):
        assert pair in OFFICE_PLAN.corridors or pair[::-1] in OFFICE_PLAN.corridors
    off_m = np.minimum(
        np.abs(drive.xy_m[:, :1] - OFFICE_PLAN.grid.east_m).min(1),
        np.abs(drive.xy_m[:, 1:] - OFFICE_PLAN.grid.north_m).min(1),
    )
    assert off_m.max() < WIDTH_M / 2 - 0.3


def test_queries_are_more_than_a_thousand_and_half_of_them_on_storeys_not_mapped() -> None:
    counts = {spec.storey: len(spec.drive().image_times_s()) for spec in QUERIES}

    assert sum(counts.values()) > 1000
    assert sum(n for storey, n in counts.items() if storey not in MAPPED_STOREYS) > 500


def test_office_query_drive_leaves_map_once() -> None:
    mapping, query = MAPPING[0].drive(), QUERIES[0].drive()

    away_m = np.array([np.hypot(*(mapping.xy_m - at).T).min() for at in query.xy_m])
    inside = away_m < 1.0
    assert 0.1 < np.median(away_m[inside]) < 0.4
    assert (np.diff(inside.astype(int)) == -1).sum() == 1
    assert 10.0 < (~inside).mean() * query.length_m < 20.0


def test_a_drive_is_on_its_storey() -> None:
    assert [spec.drive().pose_at(3.0).translation_m[2] for spec in QUERIES] == [
        pytest.approx(3.6 * storey) for storey in range(4)
    ]
