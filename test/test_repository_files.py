# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Files for containers, hosted CI and newcomers agree with the rest of the repository."""

from __future__ import annotations

import json
import os
from pathlib import Path
import re
import subprocess
from typing import Any

import pytest

from benchmarks.versions import MINORS, TESTS

yaml = pytest.importorskip('yaml')
ROOT = Path(__file__).resolve().parent.parent
WORKFLOW = ROOT / '.github' / 'workflows' / 'ci.yml'
NEWCOMER = sorted((ROOT / 'test' / 'newcomer').glob('*.sh'))
DOCKERFILES = sorted((ROOT / 'docker').glob('*.Dockerfile'))
LINK = re.compile(r'\]\(([^)#]+?)(?:#[^)]*)?\)')


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding='utf-8'))


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding='utf-8')


def test_hosted_ci_runs_every_supported_version() -> None:
    jobs = load(WORKFLOW)['jobs']
    assert tuple(jobs['robot_side']['strategy']['matrix']['python']) == MINORS
    stored = json.loads(text('requirements/rosdep_keys.json'))
    assert jobs['ros']['strategy']['matrix']['distribution'] == list(stored['ubuntu'])


def test_every_job_of_hosted_ci_has_a_time_limit() -> None:
    for name, job in load(WORKFLOW)['jobs'].items():
        assert job['timeout-minutes'] <= 120, name


def test_table_of_versions_has_both_ends_of_every_python() -> None:
    rows = json.loads(text('benchmarks/results/versions.json'))['rows']
    found = {('.'.join(row['python'].split('.')[:2]), row['pins']) for row in rows}
    assert found == {(minor, pins) for minor in MINORS for pins in ('lowest', 'newest')}
    assert [row for row in rows if row['failed']] == []


def test_files_that_the_table_of_versions_runs_exist() -> None:
    assert [name for name in TESTS if not (ROOT / 'test' / name).exists()] == []


@pytest.mark.parametrize('script', NEWCOMER, ids=lambda script: script.name)
def test_newcomer_script_is_valid_and_stops_at_the_first_error(script: Path) -> None:
    subprocess.run(['bash', '-n', str(script)], check=True)
    assert 'set -euo pipefail' in script.read_text(encoding='utf-8')
    assert os.access(script, os.X_OK)


@pytest.mark.parametrize('file', DOCKERFILES, ids=lambda file: file.name)
def test_copied_files_of_an_image_exist(file: Path) -> None:
    copies = re.findall(r'^COPY (\S+) ', file.read_text(encoding='utf-8'), re.MULTILINE)
    assert copies
    for name in copies:
        assert (ROOT / name).exists()


def test_services_are_built_from_existing_stages() -> None:
    services = load(ROOT / 'compose.yaml')['services']
    assert {'demo', 'avpr', 'localizer'} <= set(services)
    for service in services.values():
        if (build := service.get('build')) is None:
            assert service['extends'] in services
            continue
        content = text(build['dockerfile'])
        if 'target' in build:
            assert re.search(rf'^FROM .* AS {build["target"]}$', content, re.MULTILINE)
        for argument in build.get('args', {}):
            assert re.search(rf'^ARG {argument}\b', content, re.MULTILINE)


def test_localizer_of_compose_starts_an_existing_launch_file() -> None:
    command = load(ROOT / 'compose.yaml')['services']['localizer']['command']
    assert (ROOT / 'launch' / command[3]).is_file()


def test_hooks_run_what_make_lint_runs() -> None:
    hooks = load(ROOT / '.pre-commit-config.yaml')['repos'][0]['hooks']
    tools = {Path(hook['entry'].split()[0]).name for hook in hooks}
    recipe = text('Makefile').partition('\nlint:')[2].partition('\n\n')[0]
    assert set(re.findall(r'\$\(BIN\)/([\w-]+)', recipe)) <= tools


@pytest.mark.parametrize('name', ['llms.txt', 'AGENTS.md', 'CODE_OF_CONDUCT.md'])
def test_links_to_files_lead_somewhere(name: str) -> None:
    links = [link for link in LINK.findall(text(name)) if '://' not in link]
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_llms_txt_lists_every_page() -> None:
    pages = {path.relative_to(ROOT).as_posix() for path in (ROOT / 'docs').glob('*.md')}
    assert pages <= set(LINK.findall(text('llms.txt')))


def test_issue_forms_have_fields_with_unique_names() -> None:
    forms = sorted((ROOT / '.github' / 'ISSUE_TEMPLATE').glob('*_*.yml'))
    assert len(forms) == 2
    for form in forms:
        names = [field['id'] for field in load(form)['body'] if field['type'] != 'markdown']
        assert len(names) == len(set(names)) > 1
