# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``make benchmark`` makes every figure that README and docs quote."""

from __future__ import annotations

import json
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / 'README.md', *sorted(ROOT.glob('docs/**/*.md'))]
RESULTS = sorted(path.stem for path in (ROOT / 'benchmarks' / 'results').glob('*.json'))


def benchmark_scripts() -> list[str]:
    """Return the scripts that ``make benchmark`` runs, in order."""
    text = (ROOT / 'Makefile').read_text(encoding='utf-8')
    recipe = re.search(r'^benchmark:.*\n((?:\t.*\n)+)', text, re.MULTILINE)
    assert recipe is not None
    return re.findall(r'-m benchmarks\.(\w+)$', recipe[1], re.MULTILINE)


def quoted_results() -> set[str]:
    """Return the result files whose rows stand in a generated block."""
    text = '\n'.join(page.read_text(encoding='utf-8') for page in PAGES)
    return set(re.findall(r'<!-- generated: (?:results|table) (\w+)', text))


def test_make_benchmark_runs_every_quoted_script() -> None:
    assert quoted_results()
    assert quoted_results() <= set(benchmark_scripts())


def test_make_benchmark_runs_every_script_with_results() -> None:
    assert {name for name in RESULTS if '.' not in name} <= set(benchmark_scripts())


@pytest.mark.parametrize('name', benchmark_scripts())
def test_benchmark_script_can_run_as_module(name: str) -> None:
    text = (ROOT / 'benchmarks' / f'{name}.py').read_text(encoding='utf-8')
    assert "if __name__ == '__main__':" in text


@pytest.mark.parametrize('name', sorted(quoted_results()))
def test_quoted_results_come_from_their_script(name: str) -> None:
    path = ROOT / 'benchmarks' / 'results' / f'{name}.json'
    command = json.loads(path.read_text(encoding='utf-8'))['command']
    assert command.startswith(f'python -m benchmarks.{name}')


def test_training_summary_runs_after_the_training_it_reads() -> None:
    scripts = benchmark_scripts()
    assert scripts.index('training') < scripts.index('training_summary')
    assert scripts.index('training') < scripts.index('training_budget')
