# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import inspect
from pathlib import Path
import re
import subprocess
import sys

import pytest

import avpr_ros

STUB = Path(avpr_ros.__file__).with_suffix('.pyi')


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)


def test_import_loads_neither_torch_nor_rclpy_nor_numpy() -> None:
    code = "import sys, avpr_ros; print(sorted({'torch', 'rclpy', 'numpy'} & set(sys.modules)))"
    assert _python('-c', code).stdout.strip() == '[]'


def test_import_is_faster_than_50_ms() -> None:
    times_us = []
    for _ in range(3):
        lines = _python('-X', 'importtime', '-c', 'import avpr_ros').stderr.splitlines()
        (line,) = [line for line in lines if line.split('|')[-1].strip() == 'avpr_ros']
        times_us.append(int(line.split('|')[1]))
    assert min(times_us) < 50_000


def test_recognition_and_map_building_load_no_torch() -> None:
    code = (
        'import sys\n'
        'from avpr_ros import GalleryMap, PlaceRecognizer, build_map, localize\n'
        "print(sorted({'torch', 'rclpy'} & set(sys.modules)))"
    )
    assert _python('-c', code).stdout.strip() == '[]'


@pytest.mark.parametrize('name', avpr_ros.__all__)
def test_public_name_exists_and_is_documented(name: str) -> None:
    value = getattr(avpr_ros, name)
    assert value.__name__ == name
    assert inspect.getdoc(value)


@pytest.mark.parametrize(
    'name', ['append_to_map', 'build_map', 'evaluate', 'localize', 'train_query_network']
)
def test_public_function_docstring_names_every_argument(name: str) -> None:
    function = getattr(avpr_ros, name)
    documented = set(re.findall(r'^    \*{0,2}(\w+):', inspect.getdoc(function), re.MULTILINE))
    assert set(inspect.signature(function).parameters) <= documented


def test_stub_has_the_names_and_modules_of_the_package() -> None:
    tree = ast.parse(STUB.read_text(encoding='utf-8'))
    imported = {
        alias.name: node.module
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == avpr_ros._MODULES
    assert len(avpr_ros.__all__) <= 15
    assert set(dir(avpr_ros)) == {*avpr_ros.__all__, '__version__'}


def test_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match='no attribute'):
        avpr_ros.nothing  # noqa: B018
