# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rules for the names, the folders and the imports of the package, read from its source."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
import subprocess
import sys
from typing import Any

import pytest
import setuptools

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / 'avpr_ros'
MOST_MODULES, MOST_LINES = 18, 250

#: Words that say nothing to readers who did not write them, as names of whatever is called.
OPAQUE = {
    *('Rest', 'Unwatched', 'alone', 'beside', 'carried', 'firm', 'hopes', 'led', 'lent', 'look'),
    *('looks', 'outsiders', 'overlook', 'stops', 'told', 'torn'),
}


@cache
def trees() -> dict[Path, ast.Module]:
    """Return the syntax tree of each file of the package."""
    files = sorted(PACKAGE.rglob('*.py'))
    return {file: ast.parse(file.read_text(encoding='utf-8')) for file in files}


def called_names(tree: ast.Module) -> Iterator[str]:
    """Yield the names of classes, functions, arguments and fields."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (
                field.target.id
                for field in node.body
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
            )
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.arg):
            yield node.arg


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix('').parts
    return '.'.join(parts[:-1] if parts[-1] == '__init__' else parts)


def imported(node: ast.AST) -> Iterator[str]:
    """Yield what a statement and those in it import, but for types and lazy attributes only."""
    if isinstance(node, ast.If) and ast.unparse(node.test).endswith('TYPE_CHECKING'):
        return
    if isinstance(node, ast.FunctionDef) and node.name == '__getattr__':
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, 'an import relative to the package'
        yield from (f'{node.module}.{alias.name}' for alias in node.names)
    for child in ast.iter_child_nodes(node):
        yield from imported(child)


def import_graph() -> dict[str, set[str]]:
    """Return the modules of the package that each of them imports."""
    trees_by_name = {module_name(file): tree for file, tree in trees().items()}

    def module_of(name: str) -> str | None:
        # The last part may be what a module defines.
        parent = name.rpartition('.')[0]
        return next((known for known in (name, parent) if known in trees_by_name), None)

    return {
        name: {module for target in imported(tree) if (module := module_of(target))} - {name}
        for name, tree in trees_by_name.items()
    }


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules of which each imports one of the others, or nothing."""
    left = dict(graph)
    while ready := {name for name, targets in left.items() if not targets & left.keys()}:
        left = {name: targets for name, targets in left.items() if name not in ready}
    # What is left leads into a circle: without what nobody in it imports, only circles remain.
    while unused := left.keys() - {target for targets in left.values() for target in targets}:
        left = {name: targets for name, targets in left.items() if name not in unused}
    return sorted(left)


def test_class_names_are_unique() -> None:
    classes = Counter(
        node.name
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert len(classes) > 200
    assert [name for name, count in classes.items() if count > 1] == []


def test_names_are_not_opaque() -> None:
    found: dict[str, set[str]] = {}
    for file, tree in trees().items():
        names = {name for name in called_names(tree) if name.lstrip('_') in OPAQUE}
        if names:
            found[str(file.relative_to(PACKAGE))] = names
    assert found == {}


def test_modules_import_each_other_in_no_circle() -> None:
    graph = import_graph()
    assert sum(map(len, graph.values())) > 500
    assert circle(graph) == []


def test_circle_of_two_modules_is_found() -> None:
    assert circle({'a': {'b'}, 'b': {'c'}, 'c': {'b', 'd'}, 'd': set()}) == ['b', 'c']


def test_folders_hold_few_modules() -> None:
    modules = Counter(file.parent for file in trees() if file.name != '__init__.py')
    assert {str(folder): n for folder, n in modules.items() if n > MOST_MODULES} == {}


def test_files_are_short() -> None:
    lines = {file: len(file.read_text(encoding='utf-8').splitlines()) for file in trees()}
    assert {str(file): n for file, n in lines.items() if n > MOST_LINES} == {}


def test_wheel_holds_the_package_and_no_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, 'setup', lambda **words: given.update(words))
    monkeypatch.chdir(ROOT)
    exec(compile((ROOT / 'setup.py').read_text(encoding='utf-8'), 'setup.py', 'exec'), {})
    folders = {'.'.join(file.parent.relative_to(ROOT).parts) for file in trees()}
    assert set(given['packages']) == folders
    assert not any('simulation' in name for name in folders)


def test_importing_the_package_loads_neither_torch_nor_rclpy() -> None:
    code = 'import sys, avpr_ros; print({"torch", "rclpy"} & set(sys.modules))'
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == 'set()\n'
