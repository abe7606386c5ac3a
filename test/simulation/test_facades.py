# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from simulation.town.facades import facade, sign
from simulation.town.openings import PX_PER_M


def test_a_front_has_its_size_and_equal_seeds_paint_equal_fronts() -> None:
    first, _ = facade(9.0, 11.0, np.random.default_rng(4), shop=True)
    again, _ = facade(9.0, 11.0, np.random.default_rng(4), shop=True)

    assert first.shape == (11 * PX_PER_M, 9 * PX_PER_M, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)


def test_no_two_fronts_are_alike() -> None:
    fronts = [facade(8.0, 10.0, np.random.default_rng(s))[0].astype(float) for s in range(12)]

    least = min(np.abs(a - b).mean() for i, a in enumerate(fronts) for b in fronts[i + 1 :])
    assert least > 15.0


def test_narrow_and_low_fronts_are_painted_too() -> None:
    for seed in range(20):
        image, _ = facade(2.0, 4.0, np.random.default_rng(seed), shop=seed % 2 == 0)
        assert image.shape == (4 * PX_PER_M, 2 * PX_PER_M, 3)


def test_signs_show_glyphs_on_a_board() -> None:
    board = sign(120, 24, np.random.default_rng(1)).reshape(-1, 3)

    assert len(np.unique(board, axis=0)) >= 2
