# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""README from top to bottom: its commands are copied and run on a bag as the demo makes it."""

from __future__ import annotations

from dataclasses import replace
import os
from pathlib import Path
import re
import shlex
import shutil
import stat
import subprocess
import sys

import pytest

from avpr_ros.demo.building import Building
from avpr_ros.demo.commands import MAP, NEXT, PAGE, RUN
from avpr_ros.demo.drives import MAPPING, SECOND, record
from avpr_ros.evaluation.runs.localization_log import read_run
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.ros.localizer.interface import ENDPOINTS
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]
ROOT = Path(__file__).parents[2]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
#: What installs or needs a ROS installation, and is not run here.
NOT_RUN = ('cd', 'colcon', 'export', 'make', 'pip', 'rosdep', 'source')
DEMO = ['avpr', 'demo']
#: Of a training that takes minutes, fewer steps: the command is the same otherwise.
SHORT = ' --steps 10 --batch-size 8'


def commands() -> list[str]:
    """Return README's command lines in order, without comments."""
    blocks = re.findall('```bash\n(.*?)```', README, re.DOTALL)
    lines = [line.partition(' #')[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def shown() -> dict[str, str]:
    """Return the outputs that README shows, by command."""
    return dict(re.findall('<!-- output: (.*?) -->\n```\n(.*?)```', README, re.DOTALL))


def plain(text: str) -> str:
    """Return an output as words, with all numbers equal and without the frames of tables."""
    bare = re.sub('[─━┏┓┗┛┡┩┳┻╇┴┬┼└┘├┤┌┐│┃]', ' ', text)
    return ' '.join(re.sub(r'\d+(\.\d+)?(e[+-]\d+)?', 'N', bare).split())


@pytest.fixture(scope='module')
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newcomer's folder: ``mapping_run.mcap``, and ``avpr`` on the PATH."""
    folder = tmp_path_factory.mktemp('newcomer')
    bag = record(replace(MAPPING, step_m=2.5), Building(), folder)
    shutil.move(next(bag.glob('*.mcap')), folder / 'mapping_run.mcap')
    shutil.rmtree(bag)
    program = folder / 'bin' / 'avpr'
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m avpr_ros.cli.entry_point "$@"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.fixture(scope='module')
def outputs(folder: Path) -> dict[str, str]:
    """What README's commands printed, in order; each must end with code 0."""
    return {line: run(folder, line) for line in commands() if runs_here(line)}


def runs_here(line: str) -> bool:
    return shlex.split(line)[0] == 'avpr' and shlex.split(line)[:2] != DEMO


def run(folder: Path, line: str) -> str:
    environment = {
        **os.environ,
        'PATH': f'{folder / "bin"}{os.pathsep}{os.environ["PATH"]}',
        'PYTHONPATH': str(ROOT),
        'COLUMNS': '120',
    }
    copied = line + SHORT if line.startswith('avpr train ') else line
    done = subprocess.run(
        ['bash', '-c', copied], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f'{line}: {done.stdout}{done.stderr}'
    return done.stdout


def test_every_command_is_run_or_known_not_to_be() -> None:
    others = [line for line in commands() if not runs_here(line)]
    assert [line for line in commands() if runs_here(line)][:1]
    for line in others:
        first = shlex.split(line)
        assert first[0] in (*NOT_RUN, 'ros2') or first[:2] == DEMO, line


def test_readmes_commands_end_with_0_and_make_what_the_node_needs(
    outputs: dict[str, str], folder: Path
) -> None:
    assert len(outputs) >= 4
    assert len(GalleryMap.open(folder / 'my_map')) > 10
    assert (folder / 'my_map.onnx').is_file()
    assert (folder / 'my_map.json').is_file()


def test_outputs_are_as_shown(outputs: dict[str, str]) -> None:
    assert len(shown()) >= 3
    for command, text in shown().items():
        found = plain(outputs[command])
        for part in text.split('\n...\n'):
            before, wanted, found = found.partition(plain(part))
            assert wanted, f'{command}: {part} is not in {before}'


def test_readmes_python_recognises_an_image(outputs: dict[str, str], folder: Path) -> None:
    (block,) = re.findall('```python\n(.*?)```', README, re.DOTALL)
    source = open_source(folder / 'mapping_run.mcap', SourceOptions(pose_topic='/odom'))
    image = next(iter(source.frames())).decode()
    before = Path.cwd()
    os.chdir(folder)
    try:
        names = {'image': image}
        exec(block, names)
    finally:
        os.chdir(before)
    assert names['result'].candidates


def test_readmes_topic_is_published_by_the_node() -> None:
    (topic,) = [line.split()[3] for line in commands() if line.startswith('ros2 topic echo')]
    assert topic.replace('/avpr_localizer', '~') in {one.name for one in ENDPOINTS}


def test_the_demo_makes_a_folder_to_look_at_and_to_launch(folder: Path) -> None:
    (line,) = [line for line in commands() if shlex.split(line)[:2] == DEMO]
    out = run(folder, line)
    made = folder / 'avpr_demo'
    for name in (MAP, RUN, PAGE, MAPPING.name, SECOND.name, f'{MAP}/report.html'):
        assert (made / name).exists(), name
    for one in NEXT:
        assert one in out
        if runs_here(one):
            run(folder, f'cd {made.name} && {one}')
    answers = read_run(made / RUN)
    accepted = [image for image in answers if image.accepted]
    assert len(accepted) > 0.5 * len(answers)
