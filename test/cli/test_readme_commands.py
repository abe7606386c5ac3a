# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""README's commands for a robot, run on a bag as a robot makes it: several topics with poses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import re
import shlex
import shutil

import cv2
import numpy as np
import pytest

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.poses import Pose
from simulation.drives.bag_writer import Shot, encode_jpeg, write_bag
from simulation.rendering.camera import Camera

README = (Path(__file__).parents[2] / 'README.md').read_text(encoding='utf-8')
CAMERA = Camera(64, 48, 32.0)
IMAGES = 40
Run = Callable[..., tuple[int, str, str]]


def lines() -> list[list[str]]:
    section = README.partition('## Five commands')[2]
    block = re.search('```bash\n(.*?)```', section, re.DOTALL)
    assert block is not None
    return [shlex.split(line, comments=True) for line in block[1].splitlines()]


@pytest.fixture
def bag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``mapping_run.mcap`` in the working folder: images, odometry, ground truth, extrinsics."""
    stamps = [10**18 + k * 5 * 10**8 for k in range(IMAGES)]
    poses = [Pose.from_xy_yaw(3.0 * k, 0.5 * k, 0.1) for k in range(IMAGES)]
    shots = []
    for k, (stamp, pose) in enumerate(zip(stamps, poses, strict=True)):
        coarse = np.random.default_rng(k).integers(0, 255, (6, 8, 3), np.uint8)
        shots.append(Shot(stamp, pose, encode_jpeg(cv2.resize(coarse, (64, 48)))))
    write_bag(tmp_path / 'folder', shots, list(zip(stamps, poses, strict=True)), CAMERA)
    (recorded,) = (tmp_path / 'folder').glob('*.mcap')
    monkeypatch.chdir(tmp_path)
    return Path(shutil.move(recorded, tmp_path / 'mapping_run.mcap'))


def test_the_commands_are_five_and_those_that_need_no_network_run(avpr: Run, bag: Path) -> None:
    doctor, dry_run, build, train, launch = lines()[:5]
    assert [words[:2] for words in (doctor, dry_run, build, train)] == [
        ['avpr', 'doctor'],
        ['avpr', 'build'],
        ['avpr', 'build'],
        ['avpr', 'train'],
    ]
    for words in (doctor, dry_run, build):
        code, _, err = avpr(*words[1:])
        assert (code, err) == (0, ''), words
    folder = build[build.index('--output') + 1]
    assert len(GalleryMap.open(folder)) == IMAGES
    assert train[train.index('--map') + 1] == folder
    assert f'map_path:=$PWD/{folder}' in launch


def test_the_dry_run_is_as_shown(avpr: Run, bag: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('COLUMNS', '120')
    outputs = re.findall('<!-- output: avpr (.*?) -->\n```\n(.*?)```', README, re.DOTALL)
    ((command, shown),) = [one for one in outputs if '--dry-run' in one[0]]
    _, out, _ = avpr(*shlex.split(command))

    def words(text: str) -> list[str]:
        return [line.rstrip() for line in text.strip().splitlines()]

    assert words(out) == words(shown)


@pytest.mark.parametrize('extra', [['build', '--dry-run'], ['doctor']])
def test_without_the_option_the_error_names_it_after_the_topics(
    avpr: Run, bag: Path, extra: list[str]
) -> None:
    code, out, err = avpr(extra[0], bag, *extra[1:])
    assert code == {'build': 2, 'doctor': 1}[extra[0]]
    assert 'choose with --pose-topic, such as --pose-topic /ground_truth' in f'{out}{err}'
    if extra[0] == 'build':
        assert re.search(r'/odom .*nav_msgs/msg/Odometry', out)


def test_localize_and_evaluate_stop_before_the_work_and_leave_nothing(
    avpr: Run, bag: Path, angle_network: Callable[[Path], Path], tmp_path: Path
) -> None:
    (_, _, build, *_) = lines()
    assert avpr(*build[1:])[0] == 0
    query = angle_network(tmp_path / 'my_map')
    before = sorted(tmp_path.iterdir())
    for command in ('localize', 'evaluate'):
        code, _, err = avpr(command, bag, '--map', 'my_map', '--query', query, '-o', 'out')
        assert code == 2
        assert '--pose-topic /ground_truth' in err
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize('suffix', ['mcap', 'rrd'])
def test_a_localised_bag_is_exported_with_its_images(
    avpr: Run, bag: Path, angle_network: Callable[[Path], Path], tmp_path: Path, suffix: str
) -> None:
    pytest.importorskip('foxglove' if suffix == 'mcap' else 'rerun')
    (_, _, build, *_) = lines()
    assert avpr(*build[1:])[0] == 0
    query = angle_network(tmp_path / 'my_map')
    drive = (bag, '--map', 'my_map', '--query', query, '--pose-topic', '/ground_truth')
    assert avpr('localize', *drive, '-o', 'run')[0] == 0
    file = tmp_path / f'run.{suffix}'
    code, out, err = avpr('export', 'run', '--map', 'my_map', '--images', bag, '-o', file)
    assert (code, err) == (0, '')
    assert re.search(rf'with their image +│ {IMAGES} of {IMAGES}', out)
    assert file.stat().st_size > 10_000


def test_a_report_of_nowhere_does_not_exist(avpr: Run, tmp_path: Path) -> None:
    code, _, err = avpr('report', tmp_path / 'nowhere', '-o', tmp_path / 'page.html')
    assert code == 2
    assert 'nowhere does not exist' in err
