# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseArray
from nav_msgs.msg import Path as PathMessage
import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.query import Query
from avpr_ros.poses import Pose
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.localizer.modes import MapMode, OnlineMode
from avpr_ros.ros.localizer.parameters import Settings

QUERY_MANIFEST: Any = SimpleNamespace(
    space_id='space', network='network', dim=4, input_px=32, calibration='fitted'
)


def query_at(x_m: float, stamp_ns: int) -> Query:
    pose = Pose.from_xy_yaw(x_m, 0.0, 0.0)
    image = np.zeros((8, 8, 3), np.uint8)
    descriptor = np.eye(4, dtype=np.float32)[0]
    return Query(descriptor, stamp_ns, 'camera', image=image, odom_from_base=pose)


def test_the_session_grows_by_motion_and_starts_anew(tmp_path: Path) -> None:
    settings = Settings(mode='loop_closing', max_keyframes=2)
    mode = OnlineMode.open(settings, QUERY_MANIFEST)
    assert mode.calibration(QUERY_MANIFEST) is None
    text = 'No keyframe yet; they need images and odometry, see their reports.'
    assert mode.condition(None) == (Level.WARN, text)
    mode.after_match(query_at(0.0, 0))
    assert mode.condition(None) == (Level.OK, '1 keyframes of this session.')
    for number in range(1, 4):
        mode.after_match(query_at(2.0 * number, number))
    level, text = mode.condition(None)
    assert level is Level.WARN and 'max_keyframes' in text
    path = mode.keyframes_message(Time(), 'odom')
    assert isinstance(path, PathMessage) and len(path.poses) == 2
    assert mode.save(str(tmp_path / 'saved')).startswith('2 keyframes are in')
    assert len(GalleryMap.open(tmp_path / 'saved').keyframes) == 2
    after = mode.restarted(settings, QUERY_MANIFEST)
    assert len(after.gallery.keyframes) == 0
    note = mode.restart_note(after)
    assert note is not None and note.startswith('Session 1 ends with 2 keyframes')
    assert 'discarded' not in note
    after.after_match(query_at(0.0, 0))
    text = after.save(str(tmp_path / 'saved'))
    assert '2 keyframes are in' in text and '1 keyframes are in' in text
    assert len(GalleryMap.open(tmp_path / 'saved_session1').keyframes) == 2
    assert len(GalleryMap.open(tmp_path / 'saved').keyframes) == 1
    last = after.restarted(settings, QUERY_MANIFEST)
    assert [number for number, _ in last.ended] == [2]
    note = after.restart_note(last)
    assert note is not None and '2 keyframes of session 1 are discarded' in note


def test_the_session_refuses_what_needs_a_map() -> None:
    mode = OnlineMode.open(Settings(mode='loop_closing'), QUERY_MANIFEST)
    with pytest.raises(ConfigError, match='reads no map'):
        mode.reopened(Settings(), QUERY_MANIFEST)
    with pytest.raises(ConfigError, match='temporal_filter'):
        mode.check(Settings(temporal_filter='bayes'))
    with pytest.raises(ConfigError, match='save_path'):
        mode.save('')
    with pytest.raises(ConfigError, match="'map_path' is 'map'"):
        OnlineMode.open(Settings(map_path='map'), QUERY_MANIFEST)


def test_the_map_stays_as_it_is(gallery: Any) -> None:
    mode = MapMode(gallery)
    count = len(gallery.keyframes)
    mode.after_match(query_at(0.0, 0))
    assert len(gallery.keyframes) == count
    assert mode.restarted(Settings(), QUERY_MANIFEST) is mode
    assert mode.calibration(QUERY_MANIFEST) == 'fitted'
    assert mode.condition(None) == (Level.OK, f'{count} keyframes loaded.')
    assert mode.condition('weak')[0] is Level.WARN
    keyframes = mode.keyframes_message(Time(), 'map')
    assert isinstance(keyframes, PoseArray) and len(keyframes.poses) == count
    with pytest.raises(ConfigError, match='has a session'):
        mode.save('folder')
    with pytest.raises(ConfigError, match="'map_path' is empty"):
        MapMode.open(Settings(), QUERY_MANIFEST)
