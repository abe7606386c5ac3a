# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One list of checks for dry run and build: frames, decoding, keyframes, duplicates."""

from __future__ import annotations

from pathlib import Path
import sys

import pytest

from avpr_ros.errors import SourceError
from avpr_ros.mapping.drive_checks import DriveRules, check_drives, require_ok
from avpr_ros.sources.bags.bag import BagSource
from avpr_ros.sources.options import SourceOptions

sys.path.append(str(Path(__file__).resolve().parents[1] / 'sources'))
from small_bags import Sent, drive, make, odometry, write_bag

RULES = DriveRules(0.5, 0.2)


def bag(path: Path, **options: object) -> BagSource:
    return BagSource(path, SourceOptions(**options))  # type: ignore[arg-type]


def failures(*drives: BagSource, rules: DriveRules = RULES) -> list[str]:
    checked = check_drives(drives, rules)
    return [c.name for one in checked for c in one.preflight.checks if c.level == 'error']


def test_a_good_drive_passes(tmp_path: Path) -> None:
    source = bag(write_bag(tmp_path / 'a', drive(4)))

    (checked,) = check_drives([source], RULES)

    assert checked.preflight.ok
    assert checked.keyframes == 4
    require_ok([checked])


def test_a_single_keyframe_is_refused(tmp_path: Path) -> None:
    source = bag(write_bag(tmp_path / 'a', drive(4)))

    assert failures(source, rules=DriveRules(100.0, 1.0)) == ['keyframes']
    with pytest.raises(SourceError, match=r'1 keyframes are expected .* --min-distance-m'):
        require_ok(check_drives([source], DriveRules(100.0, 1.0)))


def test_images_that_cannot_be_decoded_are_refused_with_the_reason(tmp_path: Path) -> None:
    sent = drive(4)
    for one in sent:
        if one.topic != '/odom':
            one.message.encoding = 'no_such_encoding'

    source = bag(write_bag(tmp_path / 'a', sent))

    assert failures(source) == ['decoding']
    with pytest.raises(SourceError, match=r'None of 3 images of camera cam .*no_such_encoding'):
        require_ok(check_drives([source], RULES))


def test_drives_in_odometry_frames_of_their_own_are_refused(tmp_path: Path) -> None:
    paths = [write_bag(tmp_path / name, shifted(n)) for n, name in enumerate('ab')]

    assert failures(*map(bag, paths)) == ['frames', 'frames']
    stated = DriveRules(0.5, 0.2, frame_stated=True)
    assert failures(*(bag(path, map_frame='map') for path in paths), rules=stated) == []


def test_different_base_frames_are_refused(tmp_path: Path) -> None:
    first, second = (bag(write_bag(tmp_path / n, shifted(k, n))) for k, n in enumerate('ab'))

    assert failures(first, second) == ['frames', 'frames']


def test_the_same_drive_twice_is_refused_unless_asked(tmp_path: Path) -> None:
    paths = [write_bag(tmp_path / name, drive(4)) for name in 'ab']
    drives = [bag(path, map_frame='map') for path in paths]

    assert failures(*drives, rules=DriveRules(0.5, 0.2, frame_stated=True)) == ['drives']
    asked = DriveRules(0.5, 0.2, frame_stated=True, allow_duplicates=True)
    assert failures(*drives, rules=asked) == []


def shifted(number: int, child: str = 'base_link') -> list[Sent]:
    """Return a drive recorded an hour later for every number."""
    later = number * 3600
    found = []
    for one in drive(4):
        if one.topic == '/odom':
            x = one.message.pose.pose.position.x
            message = odometry(one.stamp_ns + later * 10**9, x, child=child)
        else:
            message = one.message
            stamp = message.header.stamp
            time = make('builtin_interfaces/msg/Time', stamp.sec + later, stamp.nanosec)
            message.header = make('std_msgs/msg/Header', time, 'cam')
        found.append(Sent(one.topic, message, one.stamp_ns + later * 10**9))
    return found


def test_images_that_never_change_while_the_robot_moves_are_named(tmp_path: Path) -> None:
    sent = drive(8)
    first = next(one.message.data for one in sent if one.topic != '/odom')
    for one in sent:
        if one.topic != '/odom':
            one.message.data = first
    (checked,) = check_drives([bag(write_bag(tmp_path / 'a', sent))], RULES)
    (check,) = [c for c in checked.preflight.checks if c.name == 'frozen images']
    assert (check.level, 'first 5 images of camera cam' in check.text) == ('warning', True)

    (checked,) = check_drives([bag(write_bag(tmp_path / 'b', drive(8)))], RULES)
    assert all(c.name != 'frozen images' for c in checked.preflight.checks)


def test_a_drive_far_from_all_others_is_named(tmp_path: Path) -> None:
    far = [
        one._replace(message=odometry(one.stamp_ns, 5e6 + k / 10)) if one.topic == '/odom' else one
        for k, one in enumerate(drive(4))
    ]
    drives = [
        bag(write_bag(tmp_path / name, sent), map_frame='map')
        for name, sent in (('a', drive(4)), ('b', far))
    ]
    rules = DriveRules(0.5, 0.2, frame_stated=True, allow_duplicates=True)
    texts = [[c.text for c in one.preflight.checks] for one in check_drives(drives, rules)]
    assert not any('km from every other' in text for text in texts[0])
    assert any('This drive is 5000 km from every other one' in text for text in texts[1])
