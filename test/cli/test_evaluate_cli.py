# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
import json
import re
import sys
from types import ModuleType

import cv2
from layouts import write_msls_part
import numpy as np
import pytest
import torch
from torch import nn

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.runtime.query_manifest import QueryManifest

GREY = np.pi / 2 / 255


class AngleNetwork(nn.Module):
    """The gallery network that the ``angle`` map was described with."""

    input_px = 8

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        angles = images.float().mean(dim=(1, 2, 3)) * GREY
        return torch.stack([angles.cos(), angles.sin()], dim=1)

    def describe(self, images):
        return np.stack([self(torch.from_numpy(image[None]))[0].numpy() for image in images])


@pytest.fixture
def map_and_query(avpr, walk, tmp_path, angle_network):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    return '--map', tmp_path / 'map', '--query', angle_network(tmp_path / 'map')


def _document(folder):
    return json.loads((folder / 'evaluation.json').read_text())


def test_a_drive_is_evaluated_in_three_files(avpr, walk, tmp_path, map_and_query):
    out = tmp_path / 'out'
    code, text, err = avpr('evaluate', walk, *map_and_query, '-o', out, '--radius-m', '0.5')

    assert (code, err) == (0, '')
    assert 'R@1 of all 12 ' in text
    document = _document(out)
    (row,) = document['rows']
    assert (row['set'], row['method'], row['queries']) == ('walk', 'asymmetric', 12)
    assert [row[f'recall_at_{n}'] for n in (1, 5, 10, 20)] == [1.0] * 4
    assert row['auc_pr'] == row['recall_at_100_precision'] == 1.0
    assert document['truth'] == 'within 0.5 m'
    assert document['descriptor_bytes_per_keyframe'] == 4
    assert document['costs'][0]['latency_p50_ms'] > 0
    assert '| asymmetric | all 12 | 1.000 |' in (out / 'evaluation.md').read_text()
    page = (out / 'evaluation.html').read_text()
    assert not re.search(r'(?:src|href)="(?!data:|#part)', page)
    assert page.count('data:image/svg+xml') == 4
    accepted = document['acceptance']
    assert (accepted['queries'], accepted['wrong']) == (12, 0)
    assert 'R@100P of retrieval' in page
    assert f'accepted by the localizer, {accepted["wrong"]} of them wrong' in page


def test_standardised_descriptors_are_evaluated_as_the_localizer_compares_them(
    avpr, walk, tmp_path, map_and_query
):
    query = map_and_query[3]
    manifest = QueryManifest.load(query.with_suffix('.json'))
    calibration = replace(manifest.calibration, standardized=Calibration(0.3))
    replace(manifest, calibration=calibration).save(query.with_suffix('.json'))
    out = tmp_path / 'out'
    given = ('evaluate', walk, *map_and_query, '-o', out, '--radius-m', '0.5', '--save-features')

    code, text, err = avpr(*given)

    assert (code, err) == (0, '')
    assert 'standardised by the means of map and drive' in text
    standardized, raw = _document(out)['rows']
    assert standardized['method'] == 'asymmetric, standardized'
    # On the line of the angles, what is about a mean is on either side of it: two descriptors.
    assert standardized['recall_at_1'] < raw['recall_at_1'] == 1.0
    # What is stored are the descriptors as they are, whose angles are below 90 degrees.
    assert np.load(out / 'queries_descriptors.npy').min() > 0

    code, text, _ = avpr(*given, '--no-standardize-descriptors')

    assert code == 0
    assert 'standardisation is switched off' in text
    (row,) = _document(out)['rows']
    assert row == raw


def _black() -> bytes:
    return cv2.imencode('.png', np.zeros((16, 24, 3), np.uint8))[1].tobytes()


def test_wrong_matches_and_queries_off_the_map_are_shown(avpr, walk, tmp_path, map_and_query):
    lines = (walk / 'poses.csv').read_text().splitlines()
    lines[2] = '001.png,1,3,0,0,0,0,1'  # off the map
    (walk / 'poses.csv').write_text('\n'.join(lines) + '\n')
    (walk / '005.png').write_bytes((walk / '010.png').read_bytes())  # looks like 10
    (walk / '008.png').write_bytes(_black())
    (walk / '007.png').write_bytes(b'no image')
    out = tmp_path / 'out'

    code, text, _ = avpr('evaluate', walk, *map_and_query, '-o', out, '--radius-m', '0.5')

    assert code == 0
    assert '1 that cannot be decoded, 1 in which nothing is visible' in text
    (row,) = _document(out)['rows']
    assert (row['queries'], row['queries_covered']) == (10, 9)
    assert row['recall_at_1'] == pytest.approx(8 / 10)
    assert row['recall_at_1_covered'] == pytest.approx(8 / 9)
    page = (out / 'evaluation.html').read_text()
    assert 'query 5 matched keyframe 10, 5.0 m away' in page
    assert 'the map does not hold its place' in page
    assert page.count('data:image/jpeg') == 4


def test_evaluate_symmetric_adds_both_networks(avpr, walk, tmp_path, map_and_query, monkeypatch):
    registry = ModuleType('avpr_ros.networks.registry')
    registry.load_gallery_network = lambda space: AngleNetwork()
    monkeypatch.setitem(sys.modules, 'avpr_ros.networks.registry', registry)
    out = tmp_path / 'out'

    code, text, _ = avpr('evaluate', walk, *map_and_query, '-o', out, '--symmetric')

    assert code == 0
    document = _document(out)
    assert [row['method'] for row in document['rows']] == [
        *('asymmetric', 'teacher-teacher', 'student-student')
    ]
    assert [cost['side'] for cost in document['costs']] == ['query', 'gallery']
    assert document['costs'][1]['counted'] == 'fvcore'
    assert 'student-student' in text
    for path in (tmp_path / 'map' / 'thumbnails').glob('*.jpg'):
        path.unlink()
    code, _, err = avpr('evaluate', walk, *map_and_query, '-o', out, '--symmetric')
    assert code == 2
    assert 'has no thumbnail of row 0' in err


def test_stored_features_give_the_same_figures(avpr, walk, tmp_path, map_and_query):
    out, again = tmp_path / 'out', tmp_path / 'again'
    radius = ('--radius-m', '1.5', '--max-angle-deg', '40')
    assert avpr('evaluate', walk, *map_and_query, '-o', out, *radius, '--save-features')[0] == 0
    assert avpr('evaluate', '--features', out, '-o', again, *radius)[0] == 0
    (first,), (second,) = _document(out)['rows'], _document(again)['rows']
    names = {'set', 'method'}
    assert {k: v for k, v in first.items() if k not in names} == {
        k: v for k, v in second.items() if k not in names
    }
    assert _document(again)['costs'] == []


def test_frames_decide_where_poses_are_missing(avpr, walk, tmp_path, map_and_query):
    (walk / 'poses.csv').unlink()
    out = tmp_path / 'out'
    code, _, err = avpr('evaluate', walk, *map_and_query, '-o', out)
    assert code == 2
    assert 'the drive cannot be scored' in err
    assert 'has no poses' in err
    frames = ('--tolerance-frames', '0')
    assert avpr('evaluate', walk, *map_and_query, '-o', out, *frames)[0] == 0
    assert _document(out)['rows'][0]['recall_at_1'] == 1.0
    (walk / '003.png').unlink()
    code, _, err = avpr('evaluate', walk, *map_and_query, '-o', out, *frames)
    assert code == 2
    assert '11 queries and 12 gallery images' in err


def test_positions_in_names_of_two_folders_compare(avpr, tmp_path, angle_network):
    for part, easts in (('database', range(0, 200, 20)), ('queries', (42, 101))):
        (tmp_path / part).mkdir()
        for east in easts:
            image = np.full((16, 24, 3), east, np.uint8)
            image[5:10, 8:16] += 30  # a view without any structure is refused
            # no zone, as in sets without a place on Earth
            cv2.imwrite(str(tmp_path / part / f'@{500 + east}@700@@@.png'), image)
    target = tmp_path / 'map'
    build = ('build', tmp_path / 'database', '-o', target, '--min-distance-m', '0')
    assert avpr(*build)[0] == 0
    query = ('--map', target, '--query', angle_network(target))
    out = tmp_path / 'out'
    evaluate = ('evaluate', tmp_path / 'queries', *query, '-o', out, '--save-features')
    assert avpr(*evaluate, '--radius-m', '3')[0] == 0
    row = _document(out)['rows'][0]
    # 42 lies 2 m from 40 and is found there; 101 lies 1 m from 100
    assert (row['queries_covered'], row['recall_at_1']) == (2, 1.0)
    for name in ('queries', 'database'):
        (out / f'{name}_positions.npy').unlink()
    features = ('--features', out, '--queries', tmp_path / 'queries', '-o', tmp_path / 'again')
    assert avpr('evaluate', *features, '--database', tmp_path / 'database')[0] == 0
    assert _document(tmp_path / 'again')['rows'][0]['recall_at_1'] == 1.0


def test_evaluate_msls_city_by_position_and_heading(avpr, tmp_path, angle_network):
    city = tmp_path / 'train_val' / 'cph'
    # Every image 5 m further and turned 10 degrees further; the last of each is a panorama.
    write_msls_part(city / 'database', [f'd{n}' for n in range(9)])
    write_msls_part(city / 'query', [f'q{n}' for n in range(6)])
    target = tmp_path / 'map'
    assert avpr('build', city / 'database', '-o', target, '--min-distance-m', '0')[0] == 0
    query = ('--map', target, '--query', angle_network(target))
    out = tmp_path / 'out'
    angle = ('--max-angle-deg', '40')
    assert avpr('evaluate', city / 'query', *query, '-o', out, *angle)[0] == 0
    (row,) = _document(out)['rows']
    assert (row['set'], row['queries'], row['queries_covered']) == ('cph query', 5, 5)
    assert row['recall_at_1'] == 1.0
    assert _document(out)['truth'] == 'within 25 m and 40 deg'


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        ((), 'give a query drive with --map, or give --features'),
        (('w', '--features', 'f'), '--features replaces the drive, --map'),
        (
            ('w', '--map', 'm', '--query', 'q', '--queries', 'd'),
            '--queries and --database need --features',
        ),
        (('w', '--map', 'm', '--query', 'q', '--radius-m', '0'), 'radius_m is 0'),
        (('--features', 'f'), 'queries_descriptors.npy is missing'),
        (('w', '--map', 'nowhere', '--query', 'q'), 'nowhere'),
    ],
)
def test_invalid_arguments_are_reported_in_one_line(avpr, tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    code, _, err = avpr('evaluate', *arguments)
    assert code == 2
    assert words in err
    assert err.count('\n') == 1


def test_evaluate_unwritable_output_is_an_error(avpr, tmp_path):
    (tmp_path / 'file').write_text('')
    # Nothing else is there: the output is looked at first.
    arguments = (tmp_path / 'walk', '--map', tmp_path / 'map', '--query', tmp_path / 'q.onnx')
    code, _, err = avpr('evaluate', *arguments, '-o', tmp_path / 'file')
    assert code == 2
    assert 'file cannot be written' in err
