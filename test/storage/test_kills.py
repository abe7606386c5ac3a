# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Writers that are killed at random moments: the old output or the new one, and no rest."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
import random
import subprocess
import sys
import time

import pytest

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.storage.file_pair import matching_bytes, pair_lock
from avpr_ros.storage.files import atomic_folder

KILLS = 25
#: Writes one output again and again, each time with other content of 200 kB.
PAIRS = """
import hashlib, json, os, sys
from pathlib import Path
from avpr_ros.storage.file_pair import pair_lock, replace_pair
from avpr_ros.storage.files import write_text_atomically
from avpr_ros.storage.workspace import workspace
path = Path(sys.argv[1])
while True:
    with pair_lock(path, 'sha256'), workspace(path) as folder:
        data = os.urandom(16) * 12500
        (folder / 'new').write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        text = json.dumps({'sha256': digest})
        replace_pair(folder / 'new', path, digest, lambda r: write_text_atomically(r, text))
    print('written', flush=True)
"""
FOLDERS = """
import os, sys
from pathlib import Path
from avpr_ros.storage.files import atomic_folder
while True:
    with atomic_folder(Path(sys.argv[1]), replace=True) as folder:
        word = os.urandom(8)
        for number in range(20):
            (folder / str(number)).write_bytes(word)
    print('written', flush=True)
"""
MAPS = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from conftest import GreyDescriber, SyntheticDrive
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_append import append_to_map
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.poses import Pose
drive = SyntheticDrive([Pose.from_xy_yaw(float(x), 0.0, 0.0) for x in range(20)])
path = Path(sys.argv[1])
while True:
    build_map(drive, GreyDescriber(), path, BuildSettings(replace=True))
    print('written', flush=True)
    for _ in range(2):
        append_to_map(GalleryMap.open(path), [drive], GreyDescriber(), BuildSettings())
"""


def kill_after_first(code: str, *arguments: Path, seconds: float) -> None:
    """Start a writer; kill it some time after it has written its output once."""
    with subprocess.Popen(
        [sys.executable, '-c', code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == 'written\n'
        time.sleep(seconds)
        process.kill()


def rests(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob('.*') if 'avpr' in path.name]


def test_a_killed_pair_is_old_or_new_and_nothing_is_left(tmp_path: Path) -> None:
    path, moments = tmp_path / 'net.onnx', random.Random(0)
    for _ in range(KILLS):
        kill_after_first(PAIRS, path, seconds=moments.uniform(0, 0.05))
        digest = json.loads(path.with_suffix('.json').read_text())['sha256']
        data = matching_bytes(path, digest)
        assert data is not None
        with pair_lock(path, 'sha256'):
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
        assert rests(tmp_path) == []


def test_a_killed_folder_is_old_or_new_and_nothing_is_left(tmp_path: Path) -> None:
    path, moments = tmp_path / 'map', random.Random(1)
    for _ in range(KILLS):
        kill_after_first(FOLDERS, path, seconds=moments.uniform(0, 0.05))
        assert len({file.read_bytes() for file in path.iterdir()}) == 1
        assert len(list(path.iterdir())) == 20
        with pytest.raises(RuntimeError), atomic_folder(path, replace=True):
            raise RuntimeError
        assert rests(tmp_path) == []


@pytest.mark.slow
def test_a_killed_build_or_append_leaves_a_whole_map(tmp_path: Path) -> None:
    path, moments = tmp_path / 'map', random.Random(2)
    for _ in range(8):
        kill_after_first(MAPS, path, Path(__file__).parents[1], seconds=moments.uniform(0, 0.6))
        gallery = GalleryMap.open(path)
        assert len(gallery) == 20 * gallery.manifest.revision
        assert len(list(gallery.iter_thumbnails('kill'))) == len(gallery)
        with pytest.raises(RuntimeError), atomic_folder(path, replace=True):
            raise RuntimeError
        assert rests(tmp_path) == []
