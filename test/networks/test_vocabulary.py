# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.networks.vocabulary import fit_vocabulary


def clustered(count: int) -> np.ndarray:
    """Unit rows close to the first axes of R^6, one after the other."""
    rng = np.random.default_rng(2)
    rows = np.eye(6, dtype=np.float32)[np.arange(count) % 3]
    rows = rows + rng.normal(0, 0.05, rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_words_are_the_directions_of_the_clusters():
    words = fit_vocabulary(clustered(300), 3)
    assert np.allclose(np.linalg.norm(words, axis=1), 1, atol=1e-5)
    assert sorted(np.argmax(words, axis=1)) == [0, 1, 2]
    assert words.max(axis=1).min() > 0.99


def test_the_same_features_give_the_same_words():
    assert np.array_equal(fit_vocabulary(clustered(90), 8), fit_vocabulary(clustered(90), 8))


def test_too_few_features_are_refused():
    with pytest.raises(MapError, match='4 local features are too few for 5'):
        fit_vocabulary(clustered(4), 5)
