# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Order of images, and what is dropped."""

from __future__ import annotations

import numpy as np

from avpr_ros.sources.bags.stamp_order import StampOrder, order_stamps

SECOND_NS = 1_000_000_000


def order(
    seconds: list[float], cameras: list[int] | None = None, streamed: bool = True
) -> StampOrder:
    stamps = np.array([round(s * SECOND_NS) for s in seconds], dtype=np.int64)
    rows = np.array(cameras or [0] * len(seconds), dtype=np.int64)
    return order_stamps(stamps, rows, streamed=streamed)


def test_a_steady_row_stays_as_it_is() -> None:
    found = order([0.0, 0.5, 3.0])

    assert found.rows.tolist() == found.ranks.tolist() == [0, 1, 2]
    assert (found.jumps_back, found.duplicates, found.late, found.dropped) == (0, 0, 0, 0)


def test_small_disorder_is_sorted_and_cameras_keep_their_order() -> None:
    found = order([0.0, 0.4, 0.2, 0.2, 0.4], [0, 0, 0, 1, 1])

    assert found.rows.tolist() == [0, 2, 3, 1, 4]
    assert found.ranks.tolist() == [0, 3, 1, 2, 4]
    assert found.jumps_back == 1


def test_duplicates_and_late_images_go() -> None:
    found = order([5.0, 5.0, 3.0, 6.0, 5.5])

    assert found.rows.tolist() == [0, 4, 3]
    assert found.ranks.tolist() == [0, -1, -1, 2, 1]
    assert (found.jumps_back, found.duplicates, found.late) == (2, 1, 1)


def test_files_can_be_fetched_again_so_none_is_late() -> None:
    found = order([5.0, 3.0], streamed=False)

    assert found.rows.tolist() == [1, 0]
    assert found.late == 0


def test_nothing_is_an_order_too() -> None:
    assert order([]).rows.tolist() == []
