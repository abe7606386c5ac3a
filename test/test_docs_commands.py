# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Commands in README and docs name what exists: options, parameters, topics, files."""

from __future__ import annotations

import itertools
from pathlib import Path
import re
import runpy
import shlex
from typing import Any

import pytest

from avpr_ros.localization.result import Reason
from avpr_ros.ros.adapters.parameters import AdapterSettings
from avpr_ros.ros.common.parameter_table import table
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / 'README.md', *sorted(ROOT.glob('docs/**/*.md'))]
SETTINGS = {
    'avpr_localizer': Settings,
    'avpr_adapter': AdapterSettings,
    'avpr_pose_graph': PoseGraphSettings,
}
#: Remappings of ROS itself.
ROS_NAMES = {'__node', '__ns'}
#: `name: value` in the text that is a parameter of a consumer, or a status of /diagnostics.
CONSUMERS = {'print_diagnostics', 'world_frame', 'set_initial_pose'}
STATUSES = {('mode', 'localization'), ('consumer', 'listens')}
BLOCK = re.compile(r'^ *(?:\d\. *)?```bash\n(.*?)^ *```', re.DOTALL | re.MULTILINE)


def commands(page: Path) -> list[list[str]]:
    """Return the words of each command in a page's blocks and in its running text."""
    text = page.read_text(encoding='utf-8')
    lines = [
        line for block in BLOCK.findall(text) for line in block.replace('\\\n', ' ').split('\n')
    ]
    lines += re.findall(r'`((?:ros2 (?:run|launch) |avpr |avpr_replay )[^`]+)`', text)
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def all_commands(*start: str) -> list[Any]:
    return [
        pytest.param(words, id=f'{page.stem}: {" ".join(words)}')
        for page in PAGES
        for words in commands(page)
        if words[: len(start)] == list(start)
    ]


def declared(file: str) -> set[str]:
    """Return the arguments of a launch file."""
    names = runpy.run_path(str(ROOT / 'test' / 'launch' / 'stand_ins.py'))
    with names['stand_ins']():
        return set(names['LaunchFile'](file.removesuffix('.launch.py')).arguments)


@pytest.mark.parametrize('words', all_commands('ros2', 'launch', 'avpr_ros'))
def test_launch_files_and_their_arguments_exist(words: list[str]) -> None:
    given = {word.partition(':=')[0] for word in words[4:] if ':=' in word}
    assert given <= declared(words[3])


@pytest.mark.parametrize(
    'words',
    [one for one in all_commands('ros2', 'run', 'avpr_ros') if one.values[0][3] in SETTINGS],
)
def test_parameters_and_topics_of_a_node_exist(words: list[str]) -> None:
    rows = {row.name: row for row in table(SETTINGS[words[3]])}
    folder = {'avpr_adapter': 'adapters', 'avpr_pose_graph': 'pose_graph'}.get(
        words[3], 'localizer'
    )
    sources = (ROOT / 'avpr_ros' / 'ros' / folder).rglob('*.py')
    source = '\n'.join(file.read_text(encoding='utf-8') for file in sources)
    for flag, word in itertools.pairwise(words):
        name, _, value = word.partition(':=')
        if flag == '-p':
            choices = rows[name].choices
            assert not choices or value in choices
        elif flag == '-r' and name not in ROS_NAMES:
            assert f"'{name}'" in source


@pytest.mark.parametrize('words', all_commands('avpr'))
def test_sub_commands_and_their_options_exist(words: list[str]) -> None:
    pytest.importorskip('typer', reason='the command line needs typer')
    import click
    import typer.main

    from avpr_ros.cli.main import app

    command = typer.main.get_command(app)
    context = click.Context(command)
    rest = words[1:]
    while rest and hasattr(command, 'get_command'):
        if rest[0].startswith('-') or not rest[0].islower():
            break
        command = command.get_command(context, rest.pop(0))
        assert command is not None
    options = {option for one in command.params for option in (*one.opts, *one.secondary_opts)}
    assert {word for word in rest if word.startswith('--')} <= options | {'--help'}


def test_the_adapters_example_file_has_its_parameters() -> None:
    page = (ROOT / 'docs' / 'consumers' / 'amcl_slam_toolbox.md').read_text(encoding='utf-8')
    (block,) = re.findall(
        r'/\*\*/avpr_adapter:[^\n]*\n +ros__parameters:\n(.*?)```', page, re.DOTALL
    )
    names = set(re.findall(r'^ +(\w+):', block, re.MULTILINE))
    assert names
    assert names <= {row.name for row in table(AdapterSettings)}


def prose(page: Path) -> str:
    """Return a page without its generated blocks."""
    text = page.read_text(encoding='utf-8')
    return re.sub(r'<!-- generated: .*?<!-- end -->', '', text, flags=re.DOTALL)


def test_the_reasons_table_has_every_reason_and_no_other() -> None:
    text = prose(ROOT / 'docs' / 'node.md').partition('## Reasons')[2].partition('\n## ')[0]
    assert set(re.findall(r'^\| `(\w+)` \|', text, re.MULTILINE)) == {r.value for r in Reason}


def test_private_topics_and_services_in_the_docs_exist() -> None:
    folder = ROOT / 'avpr_ros' / 'ros'
    source = '\n'.join(file.read_text(encoding='utf-8') for file in folder.rglob('*.py'))
    named = {name for page in PAGES for name in re.findall(r'`~/(\w+)`', prose(page))}
    assert {'pose', 'matches', 'save'} <= named
    assert {name for name in named if f"'~/{name}'" not in source} == set()


def test_parameters_set_in_running_text_exist_with_their_choices() -> None:
    rows = [row for settings in SETTINGS.values() for row in table(settings)]
    named = [
        found
        for page in PAGES
        for found in re.findall(r'`(\w+): ([\w.]+)`', prose(page).split('# Parameters of')[0])
    ]
    ours = [
        (name, value)
        for name, value in named
        if name not in CONSUMERS | SETTINGS.keys() and (name, value) not in STATUSES
    ]
    assert ('temporal_filter', 'bayes') in ours
    for name, value in ours:
        same = [row for row in rows if row.name == name]
        assert same, f'no node has the parameter {name}'
        assert any(not row.choices or value in row.choices for row in same)
