# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.evaluation.metrics.ground_truth import GroundTruth, ViewPoses
from avpr_ros.evaluation.retrieval.descriptor_set import (
    DescriptorSet,
    load_features,
    save_features,
)
from avpr_ros.evaluation.retrieval.evaluation import evaluate_features
from avpr_ros.sources.datasets.labelled_images import LabelledImages


def _described() -> DescriptorSet:
    return DescriptorSet(
        np.eye(3, dtype=np.float32)[:2],
        np.eye(3, dtype=np.float32),
        ViewPoses(np.array([[0.0, 0.0, 0.0], [100.0, 0.0, 0.0]]), np.array([0.0, 1.0])),
        ViewPoses(
            np.array([[1.0, 0, 0], [300.0, 0, 0], [101.0, 0, 0]]), np.array([0.0, 1.0, 3.0])
        ),
    )


def test_save_and_load_round_trip(tmp_path: Path) -> None:
    save_features(tmp_path, _described())
    found = load_features(tmp_path)
    np.testing.assert_array_equal(found.queries, _described().queries)
    np.testing.assert_array_equal(found.gallery_views.headings_rad, [0.0, 1.0, 3.0])
    evaluation = evaluate_features(tmp_path, GroundTruth())
    # The first query is right at once; the second finds row 2 only as the second or third.
    assert evaluation.pairs[0].score.recall[1] == 0.5
    assert evaluation.pairs[0].score.recall[5] == 1.0
    assert evaluation.descriptor_bytes == 12


def test_positions_may_come_from_the_images(tmp_path: Path) -> None:
    for name, rows in (('queries', 1), ('database', 2)):
        np.save(tmp_path / f'{name}_descriptors.npy', np.eye(2, dtype=np.float32)[:rows])
    with pytest.raises(ConfigError, match=r'queries_positions\.npy is missing'):
        load_features(tmp_path)
    images = [_images(1), _images(2)]
    found = load_features(tmp_path, *images)
    assert found.gallery_views.positions_m.tolist() == [[0, 0], [1, 1]]
    with pytest.raises(ConfigError, match='2 descriptors and 3 positions of database'):
        load_features(tmp_path, images[0], _images(3))
    # Where frames decide, no positions are needed.
    assert len(load_features(tmp_path, positions_wanted=False).query_views) == 1


@pytest.mark.parametrize(
    ('name', 'array', 'words'),
    [
        ('queries_descriptors', np.ones(3), r'float64 \(3,\); numbers of N images'),
        ('database_descriptors', np.array([['a']]), 'numbers of N images'),
        ('queries_positions', np.ones((2, 4)), r'give finite \(N, 2\) or \(N, 3\)'),
        ('queries_positions', np.full((2, 2), np.nan), 'give finite'),
        ('database_headings', np.ones(2), 'has 2 rows, not 3'),
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, name, array, words) -> None:
    save_features(tmp_path, _described())
    np.save(tmp_path / f'{name}.npy', array)
    with pytest.raises(ConfigError, match=words):
        load_features(tmp_path)
    (tmp_path / f'{name}.npy').write_bytes(b'no array')
    with pytest.raises(ConfigError, match='cannot be read'):
        load_features(tmp_path)


def _images(count: int) -> LabelledImages:
    numbers = np.arange(count)
    return LabelledImages(
        'set',
        tuple(Path(f'{n}.jpg') for n in numbers),
        ('set',),
        np.zeros(count, dtype=np.int64),
        np.stack([numbers, numbers], axis=1).astype(np.float64),
        np.zeros(count),
        np.full(count, -1),
        np.full(count, np.datetime64('NaT'), dtype='datetime64[D]'),
    )
