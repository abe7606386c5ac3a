# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import re

import pytest

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.training import query_training, symmetric
from avpr_ros.training.deliver import TrainResult


def manifest(training: dict[str, object]) -> QueryManifest:
    calibration = Calibration(0.75, {'revisits_accepted_share': 0.8125})
    return QueryManifest(
        'net', 'f' * 64, 8, 192, '0' * 64, 'now', '0', 1e-6, training, calibration
    )


@pytest.fixture
def asked(monkeypatch):
    """Replace both ways to a query network by ones that note what they were asked for."""
    calls: list[tuple[object, ...]] = []
    after = {'what': 'views', 'after': {'recall_at_1': 0.9, 'recall_at_5': 1.0}}

    def train(gallery, output, settings, progress):
        progress('training', 1, 2)
        calls.append(('train', output, settings))
        before = {'before': {'recall_at_1': 0.4, 'recall_at_5': 0.5}}
        return TrainResult(output, manifest({'held_out': {**after, **before}}))

    def export(gallery, output, seed, progress):
        calls.append(('export', output, seed))
        return TrainResult(output, manifest({'held_out': after}))

    monkeypatch.setattr(query_training, 'train_query_network', train)
    monkeypatch.setattr(symmetric, 'export_gallery_network', export)
    return calls


def test_train_passes_options_and_prints_results(avpr, gallery, tmp_path, asked):
    output = tmp_path / 'o.onnx'
    arguments = ['--output', output, '--steps', 7, '--seed', 5, '--resume']
    arguments += ['--method', 'csd', '--batch-size', 4, '--accumulate', 2]
    arguments += ['--hold-out', 0.2, '--patience', 3, '--cell-m', 15]
    arguments += ['--augment', 'night=0.2', '--augment', 'zoom=0']
    code, out, _ = avpr('train', '--map', gallery.path, *arguments)
    assert code == 0
    ((kind, target, settings),) = asked
    assert (kind, target) == ('train', output)
    assert (settings.steps, settings.seed, settings.resume) == (7, 5, True)
    assert (settings.method, settings.batch_size, settings.accumulate) == ('csd', 4, 2)
    assert (settings.hold_out_share, settings.patience) == (0.2, 3)
    assert settings.places.cell_m == 15
    assert (settings.augmentation.night, settings.augmentation.zoom) == (0.2, 0)
    text = re.sub(r'\s+', ' ', out)
    assert '0.400 / 0.500' in text
    assert '0.900 / 1.000' in text
    assert '0.750' in text
    assert '81.2%' in text


def test_train_symmetric_default_output_is_in_parent_folder(avpr, gallery, asked):
    assert avpr('train', '--map', gallery.path, '--symmetric')[0] == 0
    assert asked == [('export', Path(gallery.path).resolve().parent / 'query.onnx', 0)]


def test_one_symmetric_pair_is_of_one_map(avpr, gallery, asked):
    code, _, err = avpr('train', '--map', gallery.path, '--map', gallery.path, '--symmetric')
    assert (code, asked) == (2, [])
    assert 'give one --map' in err


def test_a_map_of_a_foreign_space_is_one_sentence_on_stderr(avpr, gallery, tmp_path):
    code, _, err = avpr('train', '--map', gallery.path, '--output', tmp_path / 'q.onnx')
    assert code == 2
    assert err.startswith('error: ')
    assert len(err.strip().splitlines()) == 1
    assert 'build the map with --gallery-network embedded' in err


@pytest.mark.parametrize(
    ('option', 'value'), [('--steps', 0), ('--seed', -1), ('--augment', 'fog=1')]
)
def test_a_value_without_sense_is_named(avpr, gallery, option, value):
    code, _, err = avpr('train', '--map', gallery.path, option, value)
    assert code == 2
    assert option.strip('-')[:6] in err
