# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).resolve().parent.parent


def test_generated_tables_are_current() -> None:
    result = subprocess.run(
        [sys.executable, 'docs/generate.py', '--check'], cwd=ROOT, capture_output=True, text=True
    )
    assert result.returncode == 0, f'run `make docs`: {result.stdout}{result.stderr}'
