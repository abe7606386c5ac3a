# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pytest
from synthetic_features import landmarks_of

from avpr_ros.verification.layer_likelihood import LayerLikelihoods
from avpr_ros.verification.running_weights import RunningWeights


@dataclass
class Likelihoods:
    """Log-likelihood ratios of two candidates."""

    llr_place: np.ndarray


def kinds(*llr: float) -> list[LayerLikelihoods]:
    return [cast('LayerLikelihoods', Likelihoods(np.array([each, 0.0]))) for each in llr]


@pytest.fixture
def weights() -> RunningWeights:
    bare = landmarks_of([0, 1]).layers[0]
    first = replace(bare, background_llr=4.0, llr_scale=1.0, weight=0.6)
    return RunningWeights([first, replace(first, background_llr=5.0, llr_scale=2.0, weight=0.4)])


def of(weights: RunningWeights) -> list[float]:
    return [layer.weight for layer in weights.layers]


def test_weights_begin_with_those_of_the_map(weights: RunningWeights) -> None:
    assert of(weights) == [0.6, 0.4]


def test_kind_that_recognises_nothing_loses_its_weight(weights: RunningWeights) -> None:
    for _ in range(60):
        weights.update(kinds(2.0, 25.0), 0)
    assert of(weights) == pytest.approx([0.1, 0.9], abs=0.01)


def test_weight_returns_with_the_light(weights: RunningWeights) -> None:
    for _ in range(60):
        weights.update(kinds(2.0, 25.0), 0)
    for _ in range(100):
        weights.update(kinds(30.0, 12.0), 0)
    assert of(weights)[0] > 0.8


def test_kind_that_was_not_needed_adds_nothing(weights: RunningWeights) -> None:
    for _ in range(20):
        weights.update(kinds(30.0), 0)
    assert of(weights)[0] > 0.85
    assert sum(of(weights)) == pytest.approx(1.0)


def test_equally_informative_kinds_keep_their_weights(weights: RunningWeights) -> None:
    for _ in range(60):
        weights.update(kinds(14.0, 25.0), 0)
    assert of(weights)[0] == pytest.approx(0.6, abs=0.02)


def test_single_kind_has_all_weight() -> None:
    alone = RunningWeights([landmarks_of([0, 1]).layers[0]])
    alone.update(kinds(9.0), 0)
    assert of(alone) == [1.0]
