# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
import math
from pathlib import Path

import numpy as np
import pytest

from avpr_ros.errors import ConfigError, SourceError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, GeodeticOrigin


def _leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_build_map_contains_sessions_and_keyframes(gallery):
    assert len(gallery) == 20
    assert gallery.manifest.sessions[0].keyframes == 20
    assert gallery.manifest.sessions[0].end_ns == 19_000_000_000
    assert gallery.manifest.map_frame == 'map'
    assert gallery.descriptors.dtype == np.float16
    np.testing.assert_allclose(gallery.keyframes.pose(7).translation_m, [7, 0, 0])
    similarities, rows = gallery.index.search(gallery.descriptors[7:8], 2)
    assert rows[0, 0] == 7
    assert similarities[0].tolist() == [1.0, 0.0]
    thumbnail = gallery.thumbnail(7)
    assert thumbnail.shape == (24, 36, 3)
    assert abs(int(thumbnail[3, 3, 0]) - 7) <= 2


def test_only_keyframes_are_decoded(drive_class, describer, tmp_path):
    drive = drive_class([Pose.from_xy_yaw(x / 4, 0, 0) for x in range(17)])
    gallery = build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert gallery.keyframes.poses[:, 0].tolist() == [0, 1, 2, 3, 4]
    assert set(drive.decoded) == {0, 4, 8, 12, 16}


def test_undecodable_keyframe_is_replaced_by_next_frame(drive_class, describer, tmp_path):
    drive = drive_class([Pose.from_xy_yaw(x / 4, 0, 0) for x in range(17)], undecodable=[8, 9])
    gallery = build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert gallery.keyframes.poses[:, 0].tolist() == [0, 1, 2.5, 3.5]
    assert gallery.manifest.sessions[0].undecodable == 2
    assert gallery.manifest.sessions[0].frames == 17


def test_keyframe_that_shows_nothing_is_replaced_by_next_frame(drive_class, describer, tmp_path):
    class Covered(drive_class):
        def _decode(self, number):
            image = super()._decode(number)
            return image * 0 if number in (8, 9) else image

    drive = Covered([Pose.from_xy_yaw(x / 4, 0, 0) for x in range(17)])
    gallery = build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert gallery.keyframes.poses[:, 0].tolist() == [0, 1, 2.5, 3.5]
    (session,) = gallery.manifest.sessions
    assert (session.unusable, session.undecodable) == (2, 0)
    assert session.first_unusable.startswith('it is dark')


def test_drive_that_shows_nothing_is_refused(drive_class, describer, tmp_path):
    class Black(drive_class):
        def _decode(self, number):
            return super()._decode(number) * 0

    drive = Black([Pose.from_xy_yaw(x, 0, 0) for x in range(4)])
    with pytest.raises(SourceError, match='nothing is visible in the 4 images'):
        build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert _leftovers(tmp_path) == []


def test_cameras_are_chosen_each_on_its_own(drive_class, describer, tmp_path):
    cameras = (
        Camera('front', '/front', Pose.identity(), None),
        Camera('back', '/back', Pose.from_xy_yaw(0, 0, math.pi), None),
    )
    drive = drive_class([Pose.from_xy_yaw(x // 2, 0, 0) for x in range(8)], cameras=cameras)
    gallery = build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert gallery.keyframes.cameras.tolist() == [0, 1] * 4
    assert [camera.name for camera in gallery.manifest.cameras] == ['front', 'back']
    assert gallery.manifest.cameras[1].base_from_camera.yaw_rad() == pytest.approx(math.pi)
    assert gallery.keyframes.steps_m().tolist() == [1.0] * 6


def test_several_drives_become_sessions_that_share_a_camera(drive_class, describer, tmp_path):
    drives = [
        drive_class([Pose.from_xy_yaw(x, y, 0) for x in range(3)], name=f'drive{y}')
        for y in range(2)
    ]
    gallery = build_map(drives, describer, tmp_path / 'map', BuildSettings())
    assert gallery.keyframes.sessions.tolist() == [0, 0, 0, 1, 1, 1]
    assert gallery.keyframes.ids.tolist() == list(range(6))
    assert len(gallery.manifest.cameras) == 1


@pytest.mark.parametrize(
    'other',
    [{'map_frame': 'odom'}, {'geodetic_origin': GeodeticOrigin(1.0, 2.0, 3.0, 'EPSG:32632')}],
)
def test_drives_in_different_frames_are_refused(
    drive_class, straight_drive, describer, tmp_path, other
):
    drives = [straight_drive, drive_class([Pose.identity()], name='second', **other)]
    with pytest.raises(SourceError, match='drive and second differ in'):
        build_map(drives, describer, tmp_path / 'map', BuildSettings())
    assert _leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ('poses', 'undecodable', 'text'),
    [([], [], 'no image has a pose'), ([Pose.identity()] * 2, [0, 1], 'can be decoded')],
)
def test_build_without_usable_images_is_an_error(
    drive_class, describer, tmp_path, poses, undecodable, text
):
    drive = drive_class(poses, undecodable=undecodable)
    with pytest.raises(SourceError, match=text):
        build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert _leftovers(tmp_path) == []


def test_the_finisher_can_add_a_report_that_is_hashed(straight_drive, describer, tmp_path):
    def finish(gallery: GalleryMap) -> None:
        (gallery.path / 'report.html').write_text(f'{len(gallery)} keyframes')

    gallery = build_map(
        straight_drive, describer, tmp_path / 'map', BuildSettings(), finish=finish
    )
    assert 'report.html' in gallery.manifest.files
    GalleryMap.open(gallery.path)


@pytest.mark.parametrize('values', [{'min_distance_m': math.nan}, {'thumbnail_quality': 0}])
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(ConfigError, match=next(iter(values))):
        BuildSettings(**values)


def test_progress_reaches_the_end(straight_drive, describer, tmp_path):
    reports: list[tuple[str, int, int]] = []
    build_map(
        straight_drive,
        describer,
        tmp_path / 'map',
        BuildSettings(),
        progress=lambda *report: reports.append(report),
    )
    assert ('choosing keyframes', 20, 20) in reports
    assert ('describing', 20, 20) in reports


@pytest.mark.slow
@pytest.mark.parametrize(
    ('count', 'words'),
    [(1, 'there is one keyframe only'), (5, 'the 5 keyframes all show the same')],
)
def test_keyframes_that_all_show_the_same_are_an_error(drive_class, tmp_path, count, words):
    describer = describer_by_name('embedded')
    drive = drive_class([Pose.from_xy_yaw(float(x), 0, 0) for x in range(count)])
    frames = list(drive.frames())
    drive.frames = lambda: (replace(frame, decode=frames[0].decode) for frame in frames)
    with pytest.raises(SourceError, match=words):
        build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert _leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ('change', 'words'),
    [
        ({'d': (math.nan, 0.0, 0.0, 0.0)}, 'D holds nan'),
        ({'d': (0.1, 0.2, 0.3)}, 'D has 3 coefficients'),
        ({'distortion_model': 'equidistant'}, 'D has 0 coefficients'),
    ],
)
def test_impossible_camera_model_is_refused_before_the_work(
    drive_class, describer, tmp_path, change, words
):
    k = (30.0, 0.0, 16.0, 0.0, 30.0, 12.0, 0.0, 0.0, 1.0)
    intrinsics = replace(CameraIntrinsics(32, 24, 'plumb_bob', k, ()), **change)
    cameras = (Camera('front', '/front/image', None, intrinsics),)
    drive = drive_class([Pose.identity()], cameras=cameras)
    with pytest.raises(SourceError, match=words):
        build_map(drive, describer, tmp_path / 'map', BuildSettings())
    assert drive.decoded == []
