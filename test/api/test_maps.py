# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import shutil

import numpy as np
import pytest

import avpr_ros
from avpr_ros import SourceOptions, append_to_map, build_map
from avpr_ros.errors import ConfigError, MapError, SourceError
from avpr_ros.sources.open import open_source

#: Plots carry the time they were made at.
TIMED = {'report.html'}


def _hashes(gallery: avpr_ros.GalleryMap) -> dict[str, str]:
    return {name: e.sha256 for name, e in gallery.manifest.files.items() if name not in TIMED}


@pytest.mark.parametrize('views', [0, 2])
def test_build_map_writes_the_files_of_the_command_line(avpr, walk, tmp_path, views) -> None:
    options = ('--views', views, '--min-distance-m', 2)
    assert avpr('build', walk, '-o', tmp_path / 'cli', *options)[0] == 0
    ours = build_map(str(walk), tmp_path / 'api', views=views, min_distance_m=2.0)
    theirs = avpr_ros.GalleryMap.open(str(tmp_path / 'cli'))
    assert set(ours.manifest.files) == set(theirs.manifest.files)
    assert _hashes(ours) == _hashes(theirs)
    assert ours.manifest.keyframe_spacing == theirs.manifest.keyframe_spacing
    assert ours.manifest.descriptor_space == theirs.manifest.descriptor_space
    assert ours.manifest.sessions == theirs.manifest.sessions


def test_append_to_map_writes_the_files_of_the_command_line(avpr, walk, tmp_path) -> None:
    second = tmp_path / 'second'
    shutil.copytree(walk, second)
    build_map(walk, tmp_path / 'api')
    shutil.copytree(tmp_path / 'api', tmp_path / 'cli')
    ours = append_to_map(str(tmp_path / 'api'), [second], allow_duplicates=True)
    again = ('--append', '--allow-duplicates')
    assert avpr('build', second, '-o', tmp_path / 'cli', *again)[0] == 0
    theirs = avpr_ros.GalleryMap.open(tmp_path / 'cli')
    assert (ours.manifest.revision, len(ours)) == (2, 24)
    assert _hashes(ours) == _hashes(theirs)


def test_build_map_accepts_opened_sources_and_describer(
    straight_drive, describer, tmp_path
) -> None:
    gallery = build_map(straight_drive, tmp_path / 'map', network=describer, landmarks=False)
    assert len(gallery) == 20
    assert gallery.manifest.descriptor_space.network == 'grey'
    grown = append_to_map(gallery, [straight_drive], network=describer)
    assert len(grown) == 40


def test_build_map_refuses_a_drive_that_fails_its_checks(walk, tmp_path) -> None:
    header = 'image,x_m,y_m,z_m,qx,qy,qz,qw\n'
    (walk / 'poses.csv').write_text(header + 'other.png,0,0,0,0,0,0,1\n')
    with pytest.raises(SourceError):
        build_map(walk, tmp_path / 'map')
    assert not (tmp_path / 'map').exists()


def test_build_map_refuses_mixed_or_missing_drives(walk, tmp_path) -> None:
    opened = open_source(walk, SourceOptions())
    with pytest.raises(ConfigError, match='mixed'):
        build_map([walk, opened], tmp_path / 'map')
    with pytest.raises(ConfigError, match='no drive'):
        build_map([], tmp_path / 'map')


def test_build_map_refuses_an_existing_output(avpr, walk, tmp_path) -> None:
    build_map(walk, tmp_path / 'map')
    with pytest.raises(MapError, match='exists'):
        build_map(walk, tmp_path / 'map')
    again = build_map(walk, tmp_path / 'map', replace_existing=True, min_rotation_rad=math.pi)
    assert again.manifest.keyframe_spacing.rotation_rad == np.pi
