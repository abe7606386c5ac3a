# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""House rules of names and layout that a command can check."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from pathlib import Path
import subprocess
import sys

from setuptools import find_packages

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'avpr_ros'
TREES = {path: ast.parse(path.read_text('utf-8')) for path in sorted(PACKAGE.rglob('*.py'))}
MOST_MODULES, MOST_LINES = 18, 250
#: Names of classes, functions and arguments that tell a reader of the field nothing.
OPAQUE = {
    *('look', 'looks', 'led', 'told', 'lent', 'torn', 'firm', 'outsider', 'outsiders', 'stops'),
    *('beside', 'trail', 'hopes', 'overlook', 'overlooked', 'unwatched', 'gaze'),
}
#: Those that are still there; none may come back once it is gone from this list.
STILL_THERE = {
    'avpr_ros.evaluation.map_quality.report_data._outsiders',
    'avpr_ros.evaluation.map_quality.weakness_facts.outsiders',
    'avpr_ros.mapping.impostors.trail',
    'avpr_ros.ros.adapters.consumer_monitor.look',
    'avpr_ros.ros.adapters.listeners.look',
    'avpr_ros.ros.common.callback_groups.overlook',
    'avpr_ros.ros.localizer.image_subscription.overlook',
    'avpr_ros.ros.localizer.node._overlook',
    'avpr_ros.ros.localizer.node.look',
    'avpr_ros.ros.localizer.pipeline.overlooked',
    'avpr_ros.ros.pose_graph.problem._torn',
    'avpr_ros.ros.pose_graph.problem.torn',
    'avpr_ros.verification.accumulator.lent',
    'avpr_ros.verification.place_likelihood.hopes',
    'avpr_ros.verification.place_tracker.led',
}


def _module(path: Path) -> str:
    return '.'.join(path.relative_to(ROOT).with_suffix('').parts)


def test_a_class_name_occurs_once() -> None:
    found = defaultdict(list)
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(_module(path))
    assert not {name: where for name, where in found.items() if len(where) > 1}


def test_folders_are_not_wide_and_files_not_long() -> None:
    folders = Counter(path.parent for path in TREES if path.name != '__init__.py')
    assert not {folder: n for folder, n in folders.items() if n > MOST_MODULES}
    lines = {_module(path): path.read_text('utf-8').count('\n') for path in TREES}
    assert not {name: n for name, n in lines.items() if n > MOST_LINES}


def test_no_opaque_names_come_back() -> None:
    found = set()
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            name = getattr(node, 'name', None) or getattr(node, 'arg', None)
            if isinstance(name, str) and name.lower().strip('_') in OPAQUE:
                found.add(f'{_module(path)}.{name}')
    assert found == STILL_THERE


def test_modules_import_each_other_in_one_direction() -> None:
    names = {_module(path) for path in TREES}
    imports: dict[str, set[str]] = {}
    for path, tree in TREES.items():
        targets = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                targets |= {node.module, *(f'{node.module}.{one.name}' for one in node.names)}
            elif isinstance(node, ast.Import):
                targets |= {one.name for one in node.names}
        imports[_module(path)] = (targets & names) - {_module(path)}

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = list(imports[start])
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting += imports[name]
        return seen

    assert not [name for name in names if name in reached(name)]


def test_what_is_installed_holds_no_simulator() -> None:
    packages = find_packages(str(ROOT), include=['avpr_ros', 'avpr_ros.*'])
    assert packages and not [name for name in packages if 'simulation' in name or 'demo' in name]


def test_the_package_itself_loads_neither_torch_nor_rclpy() -> None:
    code = 'import sys, avpr_ros; print([m for m in ("torch", "rclpy") if m in sys.modules])'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == '[]', done.stderr
