# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import os
from pathlib import Path
import signal
import subprocess
import sys

import numpy as np
import pytest

from avpr_ros.errors import MapError, SourceError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.poses import Pose
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
