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
    assert package.findtext('version') == setup[1] == avpr_ros.__version__


def test_every_file_names_its_licence() -> None:
    folders = ('avpr_ros', 'benchmarks', 'launch', 'simulation', 'test', 'docs')
    files = [file for folder in folders for file in (ROOT / folder).rglob('*.py')]
    assert len(files) > 100
    header = '# SPDX-License-Identifier: Apache-2.0'
    missing = [str(f) for f in files if header not in f.read_text(encoding='utf-8')[:200]]
    assert not missing
