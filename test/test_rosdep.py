# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``package.xml`` names what rosdep can install on every supported distribution."""

from __future__ import annotations

import ast
from pathlib import Path
import runpy
import sys
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytest.importorskip('yaml')
SCRIPT = runpy.run_path(str(ROOT / 'requirements' / 'rosdep_keys.py'))
STORED: dict[str, Any] = SCRIPT['stored']()
#: Package of ROS, or none: modules of others that the robot side imports, by rosdep key.
KEYS = {
    'cv2': 'python3-opencv', 'faiss': 'python3-faiss', 'numpy': 'python3-numpy',
    'onnxruntime': 'python3-onnxruntime-pip', 'pyproj': 'python3-pyproj',
    'rosbags': 'python3-rosbags-pip', 'scipy': 'python3-scipy', 'setuptools': 'python3-setuptools',
    'yaml': 'python3-yaml',
}  # fmt: skip
#: Needed by nodes that explain in one sentence what is missing; ``_typeshed`` is for types only.
INDIRECT = {'gtsam', 'rtabmap_msgs', '_typeshed'}


def depends() -> set[str]:
    return set(SCRIPT['package_keys']())


def test_every_key_gives_something_on_every_distribution() -> None:
    assert list(STORED['ubuntu']) == ['humble', 'jazzy', 'kilted', 'lyrical']
    for key in depends():
        assert set(STORED['keys'][key]) == set(STORED['ubuntu']), key
        assert all(STORED['keys'][key].values()), key


def test_list_has_no_other_keys_and_its_date() -> None:
    assert set(STORED['keys']) == depends()
    assert len(STORED['source']['date']) == 10


def test_no_dependency_has_a_condition() -> None:
    root = ElementTree.parse(ROOT / 'package.xml').getroot()
    assert [one.text for one in root if 'condition' in one.attrib] == []


def test_what_the_nodes_import_is_named() -> None:
    imported = set()
    for file in (ROOT / 'avpr_ros' / 'ros').rglob('*.py'):
        for node in ast.walk(ast.parse(file.read_text(encoding='utf-8'))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition('.')[0] for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition('.')[0])
    imported -= set(sys.stdlib_module_names) | {'avpr_ros'} | INDIRECT
    assert 'rclpy' in imported
    assert {KEYS.get(name, name) for name in imported} <= depends()


@pytest.mark.parametrize(
    ('rule', 'expected'),
    [
        (None, None),
        ({'ubuntu': ['python3-a']}, 'apt python3-a'),
        ({'ubuntu': {'pip': {'packages': ['a']}}}, 'pip a'),
        ({'ubuntu': {'*': ['python3-a'], 'noble': {'pip': ['a']}}}, 'pip a'),
        ({'ubuntu': {'*': ['python3-a'], 'jammy': None}}, 'apt python3-a'),
        ({'ubuntu': {'*': ['python3-a'], 'noble': None}}, None),
        ({'debian': ['python3-a']}, None),
    ],
)
def test_rules_of_rosdep_are_resolved_for_a_release(rule, expected) -> None:
    rules = {} if rule is None else {'key': rule}
    assert SCRIPT['resolve']('key', 'noble', {}, rules) == expected


def test_packages_of_ros_come_first() -> None:
    distribution = {
        'repositories': {
            'one': {'release': {'version': '1.0-1'}},
            'two': {'release': {'version': '2.0-1', 'packages': ['a', 'b']}},
            'source_only': {'source': {}},
        }
    }
    packages = SCRIPT['released'](distribution)
    assert packages == {'one': '1.0-1', 'a': '2.0-1', 'b': '2.0-1'}
    assert SCRIPT['resolve']('a', 'noble', packages, {'a': {'ubuntu': ['a']}}) == 'ros 2.0-1'
