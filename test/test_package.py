# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import re
from xml.etree import ElementTree

import avpr_ros

ROOT = Path(__file__).resolve().parent.parent


def test_one_version_everywhere() -> None:
    package = ElementTree.parse(ROOT / 'package.xml').getroot()
    setup = re.search(r"version='([^']+)'", (ROOT / 'setup.py').read_text(encoding='utf-8'))
    assert setup is not None
    citation = (ROOT / 'CITATION.cff').read_text(encoding='utf-8')
    cited = re.search(r'^version: (\S+)$', citation, re.MULTILINE)
    assert cited is not None
    assert package.findtext('version') == setup[1] == cited[1] == avpr_ros.__version__


def test_changelog_has_this_version_or_its_changes_to_come() -> None:
    text = (ROOT / 'CHANGELOG.rst').read_text(encoding='utf-8')
    headings = re.findall(r'^(.+)\n-+$', text, re.MULTILINE)
    released = [heading for heading in headings if heading != 'Forthcoming']
    assert headings
    assert 'Forthcoming' not in headings[1:]
    # As bloom reads them.
    assert all(re.fullmatch(r'\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)', one) for one in released)
    # Before the first release, the version is the one that will be released.
    assert not released or released[0].split()[0] == avpr_ros.__version__


def test_every_file_names_its_licence() -> None:
    folders = ('avpr_ros', 'benchmarks', 'launch', 'simulation', 'test', 'docs')
    files = [file for folder in folders for file in (ROOT / folder).rglob('*.py')]
    assert len(files) > 100
    header = '# SPDX-License-Identifier: Apache-2.0'
    missing = [str(f) for f in files if header not in f.read_text(encoding='utf-8')[:200]]
    assert not missing
