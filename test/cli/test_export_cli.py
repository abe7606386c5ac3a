# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr export`` of a drive that ``avpr localize`` has matched."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
import re

import pytest


@pytest.fixture
def run(avpr, walk, tmp_path, angle_network) -> Path:
    """A folder of ``avpr localize``: twelve accepted images."""
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    query = ('--map', tmp_path / 'map', '--query', angle_network(tmp_path / 'map'))
    single = ('--temporal-filter', 'none')
    assert avpr('localize', walk, *query, '-o', tmp_path / 'run', *single)[0] == 0
    return tmp_path / 'run'


def counts(path: Path) -> Counter[str]:
    reader = pytest.importorskip('mcap.reader')
    with path.open('rb') as stream:
        messages = reader.make_reader(stream).iter_messages()
        return Counter(channel.topic for _, channel, _ in messages)


def test_mcap_with_map_and_images_holds_everything(avpr, walk, run, tmp_path) -> None:
    pytest.importorskip('foxglove')
    file = tmp_path / 'run.mcap'
    code, out, err = avpr(
        'export', run, '-o', file, '--map', tmp_path / 'map', '--images', walk
    )  # fmt: skip
    assert (code, err) == (0, '')
    assert re.search(r'with their image +│ 12 of 12', out)
    found = counts(file)
    for name in ('pose', 'markers', 'match_image', 'decision'):
        assert found[f'/avpr_localizer/{name}'] == 12
    assert (found['/image/compressed'], found['/avpr_localizer/keyframes']) == (12, 1)


def test_mcap_of_the_run_alone_has_decisions_and_no_pictures(avpr, run, tmp_path) -> None:
    pytest.importorskip('foxglove')
    assert avpr('export', run, '-o', tmp_path / 'run.mcap')[0] == 0
    found = counts(tmp_path / 'run.mcap')
    assert found['/avpr_localizer/decision'] == 12
    assert found['/image/compressed'] == found['/avpr_localizer/keyframes'] == 0


def test_format_decides_where_the_name_does_not(avpr, run, tmp_path) -> None:
    pytest.importorskip('rerun')
    file = tmp_path / 'run.file'
    code, _, err = avpr('export', run, '-o', file)
    assert code == 2
    assert 'ends in neither .mcap nor .rrd: give --format mcap or rerun' in err
    assert avpr('export', run, '-o', file, '--format', 'rerun')[0] == 0
    assert file.read_bytes().startswith(b'RRF')


@pytest.mark.parametrize(
    ('extra', 'words'),
    [
        (('--format', 'rosbag'), "--format is 'rosbag': give mcap or rerun"),
        (('--image-topic', '/image'), '--image-topic is given without a recording: add --images'),
        (('--images', 'nowhere'), 'nowhere does not exist'),
    ],
)
def test_wrong_options_are_refused_and_nothing_written(avpr, run, tmp_path, extra, words) -> None:
    pytest.importorskip('foxglove')
    code, _, err = avpr('export', run, '-o', tmp_path / 'run.mcap', *extra)
    assert code == 2
    assert words in err
    assert not (tmp_path / 'run.mcap').exists()
