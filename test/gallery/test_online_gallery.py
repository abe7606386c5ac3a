# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.descriptor_space import SpaceInfo
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.online_gallery import OnlineGallery, SessionSettings
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.mapping.session_export import save_session
from avpr_ros.poses import Pose

DIM = 16
SPACE = SpaceInfo('ab' * 32, 'light', DIM, 64)
IMAGE = np.full((60, 80, 3), 90, np.uint8)
SECOND_NS = 10**9


def row(place: int) -> np.ndarray:
    vector = np.random.default_rng(place).normal(size=DIM)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def driven(metres: int, step_m: float = 0.5, **settings: float) -> OnlineGallery:
    """A straight drive; each metre is a place of its own."""
    given = {'min_loop_travel_m': 5.0, **settings}
    gallery = OnlineGallery(SessionSettings(**given), SPACE, ['camera'], 'odom')  # type: ignore[arg-type]
    for k in range(round(metres / step_m) + 1):
        way_m = k * step_m
        pose = Pose.from_xy_yaw(way_m, 0.0, 0.0)
        gallery.add_keyframe_if_moved(row(int(way_m)), k * SECOND_NS, 'camera', pose, IMAGE)
    return gallery


def test_keyframes_are_taken_by_motion() -> None:
    gallery = driven(10)
    assert np.allclose(gallery.keyframes.poses[:, 0], np.arange(11))
    standing = Pose.from_xy_yaw(10.0, 0.0, 0.0)
    gallery.add_keyframe_if_moved(row(99), 10**12, 'camera', standing, IMAGE)
    assert len(gallery) == 11
    turned = Pose.from_xy_yaw(10.0, 0.0, 0.3)
    gallery.add_keyframe_if_moved(row(99), 10**12, 'camera', turned, IMAGE)
    assert len(gallery) == 12


def test_recent_keyframes_are_not_found_however_alike() -> None:
    gallery = driven(10)
    assert gallery.index.size == 6  # of 0 to 5 m, five metres behind
    _, rows = gallery.index.search(row(8)[np.newaxis], 20)
    assert rows.max() <= 5


def test_memory_is_bounded() -> None:
    gallery = driven(30, max_keyframes=12)
    assert gallery.full
    assert len(gallery) == 12
    assert gallery.index.size == 12


def test_the_matcher_finds_what_the_session_grows_by() -> None:
    gallery = driven(0)
    matcher = Matcher(gallery, None, MatchSettings(min_similarity=0.5, temporal_filter='none'))
    assert matcher.match(Query(row(0), 0, 'camera')).reason is Reason.NO_CANDIDATE
    for metre in range(1, 31):
        pose = Pose.from_xy_yaw(float(metre), 0.0, 0.0)
        gallery.add_keyframe_if_moved(row(metre), metre * SECOND_NS, 'camera', pose, IMAGE)
        matcher.match(Query(row(metre), metre * SECOND_NS, 'camera'))
    again = matcher.match(Query(row(3), 100 * SECOND_NS, 'camera'))
    assert again.accepted
    assert again.candidates[0].keyframe_id == 3


def test_a_saved_session_is_a_map_of_the_same_space(tmp_path: Path) -> None:
    gallery = driven(20)
    assert save_session(gallery, tmp_path / 'map') == 21
    opened = GalleryMap.open(tmp_path / 'map')
    assert opened.manifest.descriptor_space == SPACE
    assert opened.manifest.map_frame == 'odom'
    assert np.allclose(opened.keyframes.poses, gallery.keyframes.poses)
    thumbnail = opened.thumbnail(20)
    assert thumbnail is not None and thumbnail.shape == IMAGE.shape
    matcher = Matcher(opened, None, MatchSettings(min_similarity=0.5, temporal_filter='none'))
    assert matcher.match(Query(row(20), 0, 'camera')).candidates[0].keyframe_id == 20
    with pytest.raises(MapError, match='space'):
        opened.space()


def test_saving_replaces_maps_only(tmp_path: Path) -> None:
    save_session(driven(3), tmp_path / 'map')
    assert save_session(driven(5), tmp_path / 'map') == 6
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'notes.txt').write_text('mine')
    with pytest.raises(MapError, match='not a gallery map'):
        save_session(driven(3), tmp_path / 'mine')
    empty = OnlineGallery(SessionSettings(), SPACE, ['camera'], 'odom')
    with pytest.raises(MapError, match='no keyframe yet'):
        save_session(empty, tmp_path / 'none')
