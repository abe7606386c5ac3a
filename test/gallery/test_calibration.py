# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from avpr_ros.gallery.calibration import Calibration, ScoreModel


def test_calibration_of_standardised_descriptors_is_read_back():
    calibration = Calibration(0.7, standardized=Calibration(0.3, {}, ScoreModel(-5.0, 20.0, 0.0)))
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration
    assert calibration.in_use() is calibration.standardized
    assert calibration.in_use(standardize=False) is calibration


@pytest.mark.parametrize('nested', [7, [], {}, {'min_similarity': 'high'}])
def test_damaged_calibration_of_standardised_descriptors_is_refused(nested):
    with pytest.raises(ValueError, match='calibration'):
        Calibration.from_json({'min_similarity': 0.7, 'standardized': nested})


@pytest.mark.parametrize('score', [None, ScoreModel(-5.0, 20.0, 0.0)])
def test_what_was_written_is_read_back(score):
    calibration = Calibration(0.7, {'foreign': 3, 'method': 'some'}, score)
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration


def test_a_manifest_from_before_there_were_probabilities_keeps_its_threshold():
    calibration = Calibration.from_json({'min_similarity': 0.7, 'evidence': {}})
    assert (calibration.min_similarity, calibration.score) == (0.7, None)
    assert calibration.standardized is None
    assert calibration.in_use() is calibration


@pytest.mark.parametrize(
    'score',
    [7, {'bias': 0.0}, {'bias': 0.0, 'similarity': -1.0, 'margin': 0.0}, {'bias': float('nan')}],
)
def test_a_damaged_model_is_refused(score):
    with pytest.raises(ValueError, match='calibration'):
        Calibration.from_json({'min_similarity': 0.7, 'score': score})
