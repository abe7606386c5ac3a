# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Positions in file names, and the grid they are in."""

from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.geodesy import to_local_m
from avpr_ros.sources.poses.utm_names import has_utm_name, read_utm_grid, read_utm_names

FIRST = '@0584721.50@4477332.25@17@T@40.44112@-80.00109@pano@@90@@@210.5@201601@@.jpg'
SECOND = '@0584731.50@4477352.25@17@T@@@@@0@@@212.0@@@.jpg'


def test_positions_headings_and_origin() -> None:
    named = read_utm_names([FIRST, SECOND], None)

    np.testing.assert_allclose(named.rows[:, :3], [[0, 0, 210.5], [10, 20, 212.0]], atol=1e-6)
    half = np.sqrt(0.5)
    # compass 90 degrees is east, yaw 0; compass 0 is north, yaw 90 degrees
    np.testing.assert_allclose(named.rows[:, 3:], [[0, 0, 0, 1], [0, 0, half, half]], atol=1e-12)
    assert named.has_heading
    origin = named.origin
    assert origin is not None
    # easting 584721 m in zone 17 (81 W) at 40.44 N: (584721 - 500000) / 0.9996 m east of 81 W
    assert origin.latitude_deg == pytest.approx(40.4412, abs=0.01)
    assert origin.longitude_deg == pytest.approx(-80.0011, abs=0.01)
    here = np.array([[origin.latitude_deg, origin.longitude_deg, 0.0]])
    np.testing.assert_allclose(to_local_m(origin, here)[0, :2], 0.0, atol=1e-4)


def test_a_given_origin_is_kept() -> None:
    origin = read_utm_names([FIRST], None).origin

    named = read_utm_names([SECOND], origin)

    np.testing.assert_allclose(named.rows[0, :2], [10, 20], atol=1e-4)
    assert named.origin is origin


def test_the_first_two_fields_are_enough() -> None:
    named = read_utm_names(['@100.5@200.5@.jpg', '@101.5@203.5@.jpg'], None)

    # without a zone there is no origin to share: two folders agree only as they stand
    assert named.rows.tolist() == [[100.5, 200.5, 0, 0, 0, 0, 1], [101.5, 203.5, 0, 0, 0, 0, 1]]
    assert named.origin is None
    assert not named.has_heading


def test_positions_as_they_stand() -> None:
    positions_m, compass_deg = read_utm_grid([FIRST, SECOND])

    assert positions_m.tolist() == [[584721.5, 4477332.25], [584731.5, 4477352.25]]
    assert compass_deg.tolist() == [90, 0]
    assert np.isnan(read_utm_grid(['@100.5@200.5@.jpg'])[1]).all()


def test_southern_zones() -> None:
    origin = read_utm_names(['@0500000@6250000@56@H@@@@@@@@@@@.jpg'], None).origin

    assert origin is not None
    assert origin.longitude_deg == pytest.approx(153.0, abs=1e-6)  # zone 56's central meridian
    assert origin.latitude_deg == pytest.approx(-33.9, abs=0.1)


@pytest.mark.parametrize(
    ('names', 'words'),
    [
        (['@east@200@.jpg'], 'does not start with @east@north'),
        (['@nan@200@.jpg'], 'not finite'),
        (['@1@2@99@T@.jpg'], 'no valid UTM zone: 99T'),
        (['@1@2@17@T@.jpg', '@1@2@18@T@.jpg'], '2 UTM zones'),
    ],
)
def test_bad_names_are_refused(names: list[str], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read_utm_names(names, None)


def test_which_names_carry_positions() -> None:
    assert has_utm_name(FIRST)
    assert not has_utm_name('0001.jpg')
    assert not has_utm_name('@2x.png')
