# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from avpr_ros.cli.options import check_result
from avpr_ros.errors import ConfigError
from avpr_ros.gallery import map_folder


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A drive, a map and a link to the drive."""
    for name in ('drive', 'map'):
        (tmp_path / name).mkdir()
    (tmp_path / 'drive' / 'poses.csv').touch()
    (tmp_path / 'drive' / 'run.html').touch()
    (tmp_path / 'link').symlink_to('drive')
    monkeypatch.setattr(map_folder, 'is_map', lambda folder: folder.name == 'map')
    return tmp_path


@pytest.mark.parametrize('output', ['drive', 'link', 'drive/../drive', 'drive/poses.csv'])
def test_input_is_no_output(places, output):
    with pytest.raises(ConfigError, match='is read by this command'):
        check_result(places / output, places / 'drive', None)


@pytest.mark.parametrize('output', ['map', 'map/manifest.json', 'map/run.html', 'map/new'])
def test_map_is_no_output(places, output):
    with pytest.raises(ConfigError, match='lies in a map'):
        check_result(places / output, places / 'drive')


@pytest.mark.parametrize('output', ['map/report.html', 'drive/run.html', 'drive/new.csv', 'new'])
def test_new_files_pages_and_the_report_of_a_map_are_outputs(places, output):
    check_result(places / output, places / 'drive', None)
