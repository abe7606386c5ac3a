# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import fields, replace
import json

import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.descriptor_space import SpaceInfo
from avpr_ros.gallery.manifest import (
    FileEntry,
    KeyframeSpacing,
    Manifest,
    Session,
)
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, GeodeticOrigin


@pytest.fixture
def manifest() -> Manifest:
    intrinsics = CameraIntrinsics(640, 480, 'plumb_bob', (1.5,) * 9, (0.1, 0.2))
    return Manifest(
        map_id='a-b',
        revision=3,
        created='2026-01-01T00:00:00+00:00',
        tool_version='0.1.0',
        descriptor_space=SpaceInfo('f' * 64, 'embedded', 512, 320),
        map_frame='map',
        base_frame='base_link',
        cameras=(Camera('front', '/front', Pose.from_xy_yaw(1.0, 2.0, 0.3), intrinsics),),
        sessions=(Session('drive', 'odometry', 10, 5, 1, 7, 9),),
        geodetic_origin=GeodeticOrigin(48.0, 9.0, 300.0, 'EPSG:32632'),
        keyframe_spacing=KeyframeSpacing(1.0, 0.25),
        calibration=Calibration(0.4, {'method': 'held out', 'queries': 12}),
        files={'a.npy': FileEntry('0' * 64, 12)},
    )


def test_what_is_saved_is_loaded(manifest, tmp_path):
    manifest.save(tmp_path)
    loaded = Manifest.load(tmp_path)
    for name in (field.name for field in fields(Manifest)):
        if name != 'cameras':  # holds poses, which have no equality
            assert getattr(loaded, name) == getattr(manifest, name)
    assert loaded.cameras[0].intrinsics == manifest.cameras[0].intrinsics
    assert loaded.cameras[0].base_from_camera.yaw_rad() == pytest.approx(0.3)


def test_a_change_by_hand_is_noticed(manifest, tmp_path):
    manifest.save(tmp_path)
    path = tmp_path / 'manifest.json'
    data = json.loads(path.read_text())
    data['map_frame'] = 'odom'
    path.write_text(json.dumps(data))
    with pytest.raises(MapError, match='changed after it was written'):
        Manifest.load(tmp_path)


@pytest.mark.parametrize('text', ['', '{', '[]', 'null', '\xff', '{"format_version": 1}'])
def test_nonsense_is_refused_in_one_sentence(tmp_path, text):
    (tmp_path / 'manifest.json').write_bytes(text.encode('latin-1'))
    with pytest.raises(MapError) as caught:
        Manifest.load(tmp_path)
    assert '\n' not in str(caught.value)


def test_shared_space_survives_the_file(manifest, tmp_path):
    space = SpaceInfo('f' * 64, 'embedded-fixed', 512, 320, 'a' * 64)
    replace(manifest, descriptor_space=space).save(tmp_path)
    assert Manifest.load(tmp_path).descriptor_space == space
    assert 'base_id' not in manifest.to_json()['descriptor_space']
