# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""GNSS fixes in a local frame: distances against known ones, heading, antenna, lost fixes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_bags import EPOCH_NS, SECOND_NS, Sent, drive, fix, tf, transform, write_bag

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.geodesy import course_over_ground_rad, local_origin, to_local_m

LATITUDE, LONGITUDE = 52.0, 5.0
# radii of curvature of WGS 84 at 52 degrees north: M = a (1 - e2) / w^3, N = a / w
_A, _E2 = 6378137.0, 6.69437999014e-3
_W = np.sqrt(1 - _E2 * np.sin(np.radians(LATITUDE)) ** 2)
NORTH_M_PER_DEG = np.radians(1) * _A * (1 - _E2) / _W**3
EAST_M_PER_DEG = np.radians(1) * _A / _W * np.cos(np.radians(LATITUDE))


def place(east_m: float, north_m: float) -> tuple[float, float]:
    return LATITUDE + north_m / NORTH_M_PER_DEG, LONGITUDE + east_m / EAST_M_PER_DEG


def bag_with(path: Path, fixes: list[Sent], *more: Sent) -> Path:
    sent = [one for one in drive() if one.topic != '/odom']
    return write_bag(path, [*sent, *fixes, *more])


def northward(**changes: object) -> list[Sent]:
    """Ten fixes a second while driving north at 3 m/s."""
    sent = []
    for tenth in range(60):
        stamp = EPOCH_NS + tenth * SECOND_NS // 10
        message = fix(stamp, *place(0.0, 0.3 * tenth), 30.0)
        for name, value in changes.items():
            setattr(message, name, value)
        sent.append(Sent('/fix', message, stamp))
    return sent


def test_local_frame_is_metric_east_north_up() -> None:
    origin = local_origin(LATITUDE, LONGITUDE, 30.0)
    fixes = np.array([[LATITUDE, LONGITUDE, 30.0], [*place(0, 100), 30.0], [*place(100, 0), 35.0]])

    local = to_local_m(origin, fixes)

    np.testing.assert_allclose(local[0], 0.0, atol=1e-6)
    np.testing.assert_allclose(local[1], [0.0, 100.0, 0.0], atol=2e-3)
    np.testing.assert_allclose(local[2], [100.0, 0.0, 5.0], atol=2e-3)


def test_course_over_ground_turns_with_the_path_and_waits() -> None:
    east = [[x, 0, 0] for x in np.arange(0, 10, 0.5)]
    wait = [[10 + 0.1 * (n % 2), 0, 0] for n in range(50)]
    north = [[10, y, 0] for y in np.arange(0.5, 10, 0.5)]

    course = course_over_ground_rad(np.array([*east, *wait, *north], dtype=float))

    assert course is not None
    assert np.abs(course[:20]).max() < 1e-9
    assert np.degrees(course[-8:]) == pytest.approx([90.0] * 8, abs=5.0)
    assert course_over_ground_rad(np.array(wait, dtype=float)) is None


def test_bag_with_fixes(tmp_path: Path) -> None:
    source = BagSource(bag_with(tmp_path / 'bag', northward()), SourceOptions())

    frames = list(source.frames())

    expected = [[0, 3 * (n + 0.05), 0] for n in range(6)]
    np.testing.assert_allclose(
        [f.map_from_base.translation_m for f in frames], expected, atol=2e-3
    )
    yaw = [f.map_from_base.yaw_rad() for f in frames]
    np.testing.assert_allclose(yaw, np.pi / 2, atol=1e-3)
    origin = source.geodetic_origin
    assert origin is not None
    assert (origin.latitude_deg, origin.longitude_deg, origin.altitude_m) == (52.0, 5.0, 30.0)
    assert 'topocentric' in origin.crs
    assert (source.map_frame, source.base_frame) == ('map', 'base_link')
    assert any('course over ground' in check.text for check in source.preflight().checks)


def test_second_drive_lands_in_the_frame_of_the_first(tmp_path: Path) -> None:
    origin = local_origin(*place(-50.0, 20.0), 25.0)
    options = SourceOptions(geodetic_origin=origin)
    source = BagSource(bag_with(tmp_path / 'bag', northward()), options)

    first = next(source.frames()).map_from_base.translation_m

    np.testing.assert_allclose(first, [50.0, -20.0 + 0.15, 5.0], atol=0.02)
    assert source.geodetic_origin == origin


def test_fix_poses_subtract_antenna_lever_arm(tmp_path: Path) -> None:
    static = Sent('/tf_static', tf(transform(0, 'base_link', 'gnss', -1.0, 0.5)), EPOCH_NS)
    source = BagSource(bag_with(tmp_path / 'bag', northward(), static), SourceOptions())

    # facing north the antenna is 1 m south and 0.5 m west of the base
    first = next(source.frames()).map_from_base.translation_m
    np.testing.assert_allclose(first, [0.5, 1.15, 0.0], atol=5e-3)


def test_messages_without_a_fix_are_left_out(tmp_path: Path) -> None:
    fixes = northward()
    for sent in fixes[:3]:
        sent.message.status.status = -1
        sent.message.latitude = sent.message.longitude = 0.0
    fixes[10].message.latitude = float('nan')
    source = BagSource(bag_with(tmp_path / 'bag', fixes), SourceOptions())

    assert any('4 messages on /fix have no fix' in c.text for c in source.preflight().checks)
    assert source.geodetic_origin is not None
    assert source.geodetic_origin.latitude_deg > 52.0
    for sent in fixes:
        sent.message.status.status = -1
    with pytest.raises(SourceError, match='/fix has no valid fix among 60 messages'):
        BagSource(bag_with(tmp_path / 'lost', fixes), SourceOptions()).preflight()


def test_unknown_altitude_stays_level(tmp_path: Path) -> None:
    bag = bag_with(tmp_path / 'bag', northward(altitude=float('nan')))

    heights = [f.map_from_base.translation_m[2] for f in BagSource(bag, SourceOptions()).frames()]
    np.testing.assert_allclose(heights, 0.0, atol=1e-3)


def test_slow_fixes_say_which_gap_they_need(tmp_path: Path) -> None:
    bag = bag_with(tmp_path / 'bag', northward()[::10])

    check = BagSource(bag, SourceOptions()).preflight().checks[-1]
    assert check.level == 'error'
    assert 'the limit 0.5 s: --max-gap-s 1.00 would interpolate it' in check.text
    assert len(list(BagSource(bag, SourceOptions(max_gap_s=1.0)).frames())) == 5


@pytest.mark.parametrize('row', [0, 30])
def test_a_fix_at_latitude_and_longitude_zero_is_left_out(tmp_path: Path, row: int) -> None:
    fixes = northward()
    fixes[row].message.latitude = fixes[row].message.longitude = 0.0
    source = BagSource(bag_with(tmp_path / 'bag', fixes), SourceOptions())

    preflight = source.preflight()

    assert max(abs(p.translation_m).max() for p in preflight.poses) < 20
    check = next(check for check in preflight.checks if check.name == 'fixes')
    assert (check.level, '1 messages' in check.text) == ('warning', True)
    assert 'latitude 0, longitude 0' in check.text


def test_fix_far_off_the_path_is_left_out_with_its_stamp(tmp_path: Path) -> None:
    fixes = northward()
    fixes[0].message.latitude = 10.0
    source = BagSource(bag_with(tmp_path / 'bag', fixes), SourceOptions())

    preflight = source.preflight()

    assert source.geodetic_origin is not None
    assert source.geodetic_origin.latitude_deg == pytest.approx(LATITUDE, abs=1e-3)
    check = next(check for check in preflight.checks if check.name == 'motion')
    assert 'at stamp 1700000000.000000000' in check.text


@pytest.mark.parametrize(
    ('latitude', 'longitude', 'words'),
    [
        (139.7, 35.6, 'latitude 139.7 and longitude 35.6 .* seem to be swapped'),
        (520000000.0, 50000000.0, '1e-7 degrees'),
        (5230.5, 530.2, r'degrees and minutes \(ddmm.mm\): convert them to degrees'),
        (-117.2, 10351.9, r'degrees and minutes \(ddmm.mm\): convert them to degrees'),
        (0.0, 0.0, 'no valid fix among 60 messages'),
    ],
)
def test_fixes_that_are_no_positions_are_refused(
    tmp_path: Path, latitude: float, longitude: float, words: str
) -> None:
    bag = bag_with(tmp_path / 'bag', northward(latitude=latitude, longitude=longitude))

    with pytest.raises(SourceError, match=words):
        BagSource(bag, SourceOptions()).preflight()


@pytest.mark.parametrize('altitude', [30_000.0, 250_000.0, -30_000.0])
def test_altitude_in_another_unit_is_refused(tmp_path: Path, altitude: float) -> None:
    fixes = northward(altitude=altitude)
    fixes[3].message.altitude = 30.0
    words = f'/fix has a median altitude of {altitude:.0f} m, beyond the limit of 10000 m: convert'

    with pytest.raises(SourceError, match=words):
        BagSource(bag_with(tmp_path / 'bag', fixes), SourceOptions()).preflight()


def test_altitude_of_the_highest_roads_is_read(tmp_path: Path) -> None:
    bag = bag_with(tmp_path / 'bag', northward(altitude=5800.0))

    preflight = BagSource(bag, SourceOptions()).preflight()
    assert [len(preflight.poses), {check.level for check in preflight.checks[-2:]}] == [6, {'ok'}]


def test_positions_outside_of_the_earth_are_refused() -> None:
    origin = local_origin(LATITUDE, LONGITUDE, 0.0)

    with pytest.raises(SourceError, match='no position on the Earth'):
        to_local_m(origin, np.array([[LATITUDE, np.inf, 0.0]]))
