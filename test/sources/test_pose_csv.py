# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""CSV files of poses, in the spellings that are about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.pose_csv import PoseTable, read_pose_csv


def read(path: Path, text: str) -> PoseTable:
    path.write_text(text)
    return read_pose_csv(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'poses.csv'


def test_own_columns(path: Path) -> None:
    table = read(path, 'image,x_m,y_m,z_m,qx,qy,qz,qw\na.jpg,1,2,3,0,0,1,0\nb.jpg,4,5,6,0,0,0,1\n')

    assert table.images == ('a.jpg', 'b.jpg')
    assert table.stamps_ns is None
    assert table.rows.tolist() == [[1, 2, 3, 0, 0, 1, 0], [4, 5, 6, 0, 0, 0, 1]]
    assert table.has_rotation


def test_euroc_ground_truth(path: Path) -> None:
    header = (
        '#timestamp, p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], '
        'q_RS_w [], q_RS_x [], q_RS_y [], q_RS_z [], v_RS_R_x [m s^-1]'
    )
    table = read(path, f'{header}\n1403636580838555648,4.6,-1.7,0.7,0.5,0.1,0.8,0.2,0.9\n')

    assert table.images is None
    assert table.stamps_ns is not None
    assert table.stamps_ns.tolist() == [1403636580838555648]
    assert table.rows.tolist() == [[4.6, -1.7, 0.7, 0.1, 0.8, 0.2, 0.5]]


@pytest.mark.parametrize(
    ('header', 'stamp', 'expected'),
    [
        ('stamp_ns', '12', 12),
        ('timestamp [ns]', '12', 12),
        ('stamp_s', '1.5', 1_500_000_000),
        ('Time', '1700000000.25', 1_700_000_000_250_000_000),
        ('\ufefftimestamp', '1403636580838555648', 1403636580838555648),
        ('time', '2024-05-01T10:00:00.123456789Z', 1714557600123456789),
        ('stamp_ns', '2024-05-01 12:00:00.5+02:00', 1714557600500000000),
        ('stamp_ms', '2024-05-01 10:00:00', 1714557600000000000),
    ],
)
def test_stamps(path: Path, header: str, stamp: str, expected: int) -> None:
    table = read(path, f'{header},x,y\n{stamp},0,0\n')

    assert table.stamps_ns is not None
    assert table.stamps_ns.tolist() == [expected]


def test_heading_or_none(path: Path) -> None:
    half = np.sqrt(0.5)
    turned = read(path, 't,easting,northing,yaw_deg\n0,1,2,90\n')
    np.testing.assert_allclose(turned.rows, [[1, 2, 0, 0, 0, half, half]])
    np.testing.assert_allclose(read(path, f't,x,y,yaw\n0,1,2,{np.pi / 2}\n').rows, turned.rows)
    flat = read(path, 't,x,y\n0,1,2\n')
    assert flat.rows.tolist() == [[1, 2, 0, 0, 0, 0, 1]]
    assert not flat.has_rotation


@pytest.mark.parametrize(
    ('text', 'words'),
    [
        ('', 'is empty'),
        ('image,latitude\na,1\n', 'no columns x_m and y_m; its columns: image, latitude'),
        ('x,y\n1,2\n', 'has no column image, stamp_ns'),
        ('t,x,y,qx,qw\n0,0,0,0,1\n', 'give all'),
        ('t,x,y\n1,here,0\n', "row 2: .*'here'"),
        ('t,x,y\n0,0\n', 'row 2: 2 fields instead of 3'),
        ('t,x,y\n', 'a header line only'),
        ('stamp_ns,x,y\n-5,0,0\n', "row 2: '-5' is no time stamp"),
        ('# a\n# b\n', 'has no columns x_m and y_m'),
    ],
)
def test_bad_files_are_refused(path: Path, text: str, words: str) -> None:
    with pytest.raises(SourceError, match=words):
        read(path, text)


def test_binary_and_missing_files_are_refused(path: Path) -> None:
    with pytest.raises(SourceError, match='cannot be read'):
        read_pose_csv(path)
    path.write_bytes(b'\x89PNG\x00\x00\x81')
    with pytest.raises(SourceError, match='cannot be read'):
        read_pose_csv(path)


def test_rows_that_are_no_poses_are_skipped_and_counted(path: Path) -> None:
    text = '\ufeff# by hand\nt,x,y\n0,0,0\n# a remark\n1,,\nnan,1,1\n3,nan,1\n4,4,0\n'
    table = read(path, text)

    assert table.rows[:, 0].tolist() == [0, 4]
    assert table.stamps_ns is not None
    assert table.stamps_ns.tolist() == [0, 4_000_000_000]
    assert '3 of 5 rows of poses.csv are no poses' in table.checks[0].text


@pytest.mark.parametrize(
    ('header', 'first', 'second'),
    [
        ('timestamp', '1403715280562', '1403715280612'),
        ('timestamp', '1403715280562142', '1403715280612142'),
        ('stamp_ns', '1403715280562', '1403715280612'),
        ('stamp_us', '1403715280562142', '1403715280612142'),
        ('time [ms]', '1403715280562', '1403715280612'),
        ('timestamp', '1403715280562142976', '1403715280612142976'),
    ],
)
def test_unit_of_stamps(path: Path, header: str, first: str, second: str) -> None:
    table = read(path, f'{header},x,y\n{first},0,0\n{second},0,0\n')

    assert table.stamps_ns is not None
    assert (table.stamps_ns // 1_000_000).tolist() == [1403715280562, 1403715280612]


def test_nanoseconds_since_a_robot_was_started_stay_nanoseconds(path: Path) -> None:
    table = read(path, 'stamp_ns,x,y\n1200000000000,0,0\n1200050000000,0,0\n')

    assert table.stamps_ns is not None
    assert table.stamps_ns.tolist() == [1_200_000_000_000, 1_200_050_000_000]


def test_plain_yaw_beyond_a_turn_is_in_degrees(path: Path) -> None:
    table = read(path, 't,x,y,yaw\n0,0,0,1.5\n1,0,0,90\n')

    half = np.sqrt(0.5)
    np.testing.assert_allclose(table.rows[1, 3:], [0, 0, half, half])
    assert 'in degrees' in table.checks[0].text


@pytest.mark.parametrize(
    ('header', 'angles'),
    [('roll,pitch,yaw', '0.1,0.2,0.3'), ('roll_rad,pitch_rad,yaw_rad', '0.1,0.2,0.3')],
)
def test_roll_and_pitch_are_used(path: Path, header: str, angles: str) -> None:
    table = read(path, f't,x,y,{header}\n0,0,0,{angles}\n')

    turn = Rotation.from_quat(table.rows[0, 3:])
    np.testing.assert_allclose(turn.as_euler('xyz'), [0.1, 0.2, 0.3], atol=1e-12)


def test_other_delimiters_and_unused_columns(path: Path) -> None:
    table = read(path, 't;x;y;speed\n0;1;2;3\n')

    assert table.rows[0, :2].tolist() == [1, 2]
    assert table.checks[0].text == 'Columns of poses.csv that are not used: speed.'


@pytest.mark.parametrize(
    ('text', 'encoding'),
    [
        ('image;x;y\na.png;1,5;-2\n', 'utf-8'),
        ('# Fahrt, Straße\nimage;x;y\na.png;1.5;-2\n', 'cp1252'),
        ('image\tx\ty\na.png\t1.5\t-2\n', 'utf-16'),
        ('image x  y\na.png 1.5   -2\n', 'utf-8-sig'),
        ('image|x|y\n"a.png"|1.5|-2\n', 'utf-8'),
        ('image,x,y\na.png,1.5,-2\n"b.png,3,4\n', 'utf-8'),
    ],
)
def test_spreadsheets_export(path: Path, text: str, encoding: str) -> None:
    path.write_bytes(text.encode(encoding))
    table = read_pose_csv(path)

    assert table.images == ('a.png',)
    assert table.rows[0, :2].tolist() == [1.5, -2.0]


def winding(path: Path, header: str, unit: float) -> PoseTable:
    """A drive that winds along x, within five degrees."""
    yaw_deg = 5 * np.sin(np.arange(60) / 8)
    points = np.cumsum(np.exp(1j * np.radians(yaw_deg)))
    rows = [f'{p.real},{p.imag},{y * unit}' for p, y in zip(points, yaw_deg, strict=True)]
    lines = [f'{n}.png,{row}' for n, row in enumerate(rows)]
    return read(path, '\n'.join([f'image,x,y,{header}', *lines]))


def largest_deg(table: PoseTable) -> float:
    yaw = Rotation.from_quat(table.rows[:, 3:]).as_euler('xyz')[:, 2]
    return float(np.degrees(np.abs(yaw).max()))


def test_degrees_below_a_full_turn_of_radians_are_recognised_by_the_course(path: Path) -> None:
    table = winding(path, 'yaw', 1.0)
    assert largest_deg(table) == pytest.approx(5.0, abs=0.01)
    assert 'are in degrees by the course' in table.checks[-1].text

    table = winding(path, 'yaw', np.pi / 180)
    assert largest_deg(table) == pytest.approx(5.0, abs=0.01)
    assert 'is not stated' in table.checks[-1].text

    table = winding(path, 'yaw_rad', 1.0)  # the header is believed, with a warning
    assert 'though the header says radians' in table.checks[-1].text


def test_headings_added_up_over_several_turns_stay_radians(path: Path) -> None:
    yaw = np.linspace(0, 20, 80)
    points = np.cumsum(np.exp(1j * yaw))
    rows = [f'{p.real},{p.imag},{y}' for p, y in zip(points, yaw, strict=True)]
    table = read(path, '\n'.join(['image,x,y,yaw', *(f'{n},{r}' for n, r in enumerate(rows))]))

    turns = Rotation.from_quat(table.rows[:, 3:]).as_euler('xyz')[:, 2]
    assert np.allclose(np.exp(1j * turns), np.exp(1j * yaw))
    assert table.checks == ()


def test_a_single_time_in_another_unit_spoils_no_other(path: Path) -> None:
    table = read(path, 'stamp,x,y\n1700000000,0,0\n1700000001000000,1,0\n1700000002,2,0\n')

    assert table.stamps_ns is not None
    assert (table.stamps_ns // 1_000_000_000 - 1_700_000_000).tolist() == [0, 1, 2]


@pytest.mark.parametrize(('stated', 'unit'), [('yaw_rad', 'degrees'), ('yaw_deg', 'radians')])
def test_stated_unit_that_contradicts_the_course_is_a_warning(
    path: Path, stated: str, unit: str
) -> None:
    course = np.linspace(0.0, 3.0, 30)
    steps = np.stack([np.cos(course), np.sin(course)], axis=1)
    places = np.cumsum(np.vstack([[0.0, 0.0], steps]), axis=0)[:30]
    yaw = np.degrees(course) if stated == 'yaw_rad' else course
    lines = [f'{i},{x},{y},{a}' for i, ((x, y), a) in enumerate(zip(places, yaw, strict=True))]
    table = read(path, '\n'.join([f'stamp_s,x,y,{stated}', *lines]))
    texts = [check.text for check in table.checks if check.level == 'warning']
    assert any(f'are in {unit} by the course' in text for text in texts)
    expected = yaw if stated == 'yaw_rad' else np.radians(yaw)
    turns = Rotation.from_quat(table.rows[:, 3:]).as_rotvec()[:, 2]
    np.testing.assert_allclose(np.cos(turns), np.cos(expected), atol=1e-9)


def test_microseconds_called_nanoseconds_are_recognised_at_one_row_a_second(path: Path) -> None:
    rows = [f'{(1_700_000_000 + i) * 10**6},{i},0' for i in range(5)]
    table = read(path, '\n'.join(['stamp_ns,x,y', *rows]))
    assert table.stamps_ns is not None
    assert table.stamps_ns[0] == 1_700_000_000 * 10**9
    assert any('are in us, though its header says ns' in check.text for check in table.checks)


def test_latitude_and_longitude_are_named(path: Path) -> None:
    with pytest.raises(SourceError, match='convert latitude and longitude to metres'):
        read(path, 'time,latitude,longitude\n1,48,11\n')


@pytest.mark.parametrize(
    ('name', 'sign', 'offset_deg', 'unit'),
    [
        ('heading_deg', -1, 90, 1.0),
        ('heading', -1, 90, 1.0),
        ('Azimuth [deg]', -1, 90, 1.0),
        ('heading_rad', -1, 90, np.pi / 180),
        ('heading_deg', 1, 0, 1.0),
    ],
)
def test_headings_by_their_direction_over_ground(
    path: Path, name: str, sign: int, offset_deg: float, unit: float
) -> None:
    course = np.linspace(0.1, 2.0, 30)
    points = np.cumsum(np.exp(1j * course))
    heading = (offset_deg + sign * np.degrees(np.append(course[1:], course[-1]))) * unit
    rows = [
        f'{n},{p.real},{p.imag},{h}' for n, (p, h) in enumerate(zip(points, heading, strict=True))
    ]
    table = read(path, '\n'.join([f't,x,y,{name}', *rows]))

    assert table.has_rotation
    yaw = Rotation.from_quat(table.rows[:, 3:]).as_rotvec()[:, 2]
    np.testing.assert_allclose(yaw[:-1], course[1:], atol=1e-9)
    stated = 'counter-clockwise from x' if sign == 1 else 'clockwise from north'
    assert any(check.level == 'ok' and stated in check.text for check in table.checks)


def test_headings_of_a_straight_path_are_clockwise_from_north_with_a_warning(path: Path) -> None:
    rows = [f'{n},0,{n},0' for n in range(20)]  # to the north
    table = read(path, '\n'.join(['t,x,y,heading_deg', *rows]))

    yaw = Rotation.from_quat(table.rows[:, 3:]).as_rotvec()[:, 2]
    np.testing.assert_allclose(yaw, np.pi / 2)
    warnings = [check.text for check in table.checks if check.level == 'warning']
    assert len(warnings) == 1
    assert 'which the path does not show' in warnings[0]


def test_decimal_commas_beside_commas_between_the_fields_are_refused(path: Path) -> None:
    rows = [f'{n},{n},5,0,25' for n in range(9)]  # 0,25 is y
    with pytest.raises(SourceError, match='5 fields below 3 names; is a decimal mark a comma'):
        read(path, '\n'.join(['t,x,y', *rows]))
    assert len(read(path, 't,x,y\n1,2,3,\n2,3,4,,\n').rows) == 2  # empty fields at the end


@pytest.mark.parametrize('unit', ['mm', 'cm', 'km', 'ft'])
def test_positions_in_another_unit_than_metres_are_refused(path: Path, unit: str) -> None:
    with pytest.raises(SourceError, match='convert the positions to metres'):
        read(path, f't,x [{unit}],y [{unit}]\n1,2,3\n')
    assert len(read(path, 't,x [m],y (m)\n1,2,3\n').rows) == 1


def test_column_of_a_rotation_that_is_not_read_is_named(path: Path) -> None:
    (check,) = read(path, 't,x,y,orientation\n1,2,3,90\n').checks
    assert (check.level, 'if orientation is the rotation' in check.text) == ('warning', True)
    assert read(path, 't,x,y,yaw_deg,orientation\n1,2,3,0,5\n').checks[-1].level == 'ok'


def test_long_fields_are_skipped_and_messages_stay_short(path: Path) -> None:
    long = 'x' * 200_000
    (check,) = read(path, f't,x,y,yaw\n{long},1,2,0\n1,{"9" * 9999},2,0\n1,1,2,0\n').checks
    assert check.level == 'warning'
    assert len(check.text) < 500
    with pytest.raises(SourceError) as caught:
        read(path, f'{long},{long}\n')
    assert len(str(caught.value)) < 500
