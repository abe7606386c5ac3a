# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
import errno
import math
import os
from pathlib import Path
import signal
import subprocess
import sys

import numpy as np
import pytest

from avpr_ros.errors import ConfigError, MapError, SourceError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, GeodeticOrigin
from avpr_ros.storage.workspace import MARKER

KILLED = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from conftest import GreyDescriber, SyntheticDrive
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.poses import Pose

class Hanging(GreyDescriber):
    def describe_gallery(self, images, count, progress):
        print('describing', flush=True)
        sys.stdin.read()

drive = SyntheticDrive([Pose.from_xy_yaw(float(x), 0, 0) for x in range(5)])
build_map(drive, Hanging(), Path({output!r}), BuildSettings(replace=True))
"""


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


def test_an_existing_map_is_kept_without_replace(gallery, straight_drive, describer):
    with pytest.raises(MapError, match='--replace'):
        build_map(straight_drive, describer, gallery.path, BuildSettings())
    again = build_map(straight_drive, describer, gallery.path, BuildSettings(replace=True))
    assert again.manifest.map_id != gallery.manifest.map_id
    assert _leftovers(gallery.path.parent) == ['map']


def test_a_folder_that_is_no_map_is_never_replaced(straight_drive, describer, tmp_path):
    (tmp_path / 'photos').mkdir()
    (tmp_path / 'photos' / 'holiday.jpg').write_bytes(b'dear')
    with pytest.raises(MapError, match='not a gallery map'):
        build_map(straight_drive, describer, tmp_path / 'photos', BuildSettings(replace=True))
    assert (tmp_path / 'photos' / 'holiday.jpg').read_bytes() == b'dear'


def test_a_describer_that_fails_leaves_the_old_map(gallery, straight_drive, describer):
    class Failing(type(describer)):
        def describe_gallery(self, images, count, progress):
            raise RuntimeError('out of memory')

    with pytest.raises(RuntimeError):
        build_map(straight_drive, Failing(), gallery.path, BuildSettings(replace=True))
    assert GalleryMap.open(gallery.path).manifest.map_id == gallery.manifest.map_id
    assert _leftovers(gallery.path.parent) == ['map']


def test_a_full_disk_is_a_map_error_and_leaves_nothing(
    straight_drive, describer, tmp_path, monkeypatch
):
    def full(*_args: object, **_kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(np, 'save', full)
    with pytest.raises(MapError, match='No space left on device'):
        build_map(straight_drive, describer, tmp_path / 'map', BuildSettings())
    assert _leftovers(tmp_path) == []


def test_a_killed_build_leaves_the_old_map(gallery):
    script = KILLED.format(tests=str(Path(__file__).parent.parent), output=str(gallery.path))
    with subprocess.Popen(
        [sys.executable, '-c', script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b'describing\n'
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
    assert GalleryMap.open(gallery.path).manifest.map_id == gallery.manifest.map_id


@pytest.mark.parametrize(
    ('rows', 'text'),
    [
        (np.zeros((20, 4)), 'not of length 1'),
        (np.full((20, 4), np.nan), 'not of length 1'),
        (np.ones((19, 4)) / 2, r'expected \(20, 4\)'),
    ],
)
def test_a_describer_that_returns_nonsense_is_refused(straight_drive, tmp_path, rows, text):
    class Nonsense:
        network = 'nonsense'

        def describe_gallery(self, images, count, progress):
            return DescriptorSpace.create('nonsense', 4, 16, {}), rows.astype(np.float32)

    with pytest.raises(MapError, match=text):
        build_map(straight_drive, Nonsense(), tmp_path / 'map', BuildSettings())


def test_a_source_that_changes_while_read_is_refused(straight_drive, describer, tmp_path):
    class Shrinking(type(straight_drive)):
        walks = 0

        def frames(self):
            self.walks += 1
            frames = list(super().frames())
            return iter(frames if self.walks == 1 else frames[:10])

    drive = Shrinking([Pose.from_xy_yaw(x, 0, 0) for x in range(20)])
    with pytest.raises(SourceError, match='changed while it was read'):
        build_map(drive, describer, tmp_path / 'map', BuildSettings())


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


def test_a_folder_that_appears_during_a_build_stays(tmp_path, straight_drive, describer):
    target = tmp_path / 'map'

    def appear(_):
        target.mkdir()
        (target / 'notes.txt').write_text('mine')

    for replace_existing in (False, True):
        with pytest.raises(MapError, match='exists'):
            build_map(
                straight_drive,
                describer,
                target,
                BuildSettings(replace=replace_existing),
                finish=appear,
            )
        assert [path.name for path in tmp_path.iterdir()] == ['map']
        assert (target / 'notes.txt').read_text() == 'mine'
        (target / 'notes.txt').unlink()
        target.rmdir()


def test_a_refused_build_removes_what_a_killed_one_left(gallery, straight_drive, describer):
    left = gallery.path.with_name('.map.avpr-abcdefgh')
    left.mkdir()
    (left / MARKER).touch()
    gallery.path.with_name('.map.avpr-lock').touch()
    with pytest.raises(MapError, match='exists'):
        build_map(straight_drive, describer, gallery.path, BuildSettings())
    assert list(gallery.path.parent.iterdir()) == [gallery.path]
