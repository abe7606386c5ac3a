# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a score means: the threshold, and the evidence that it was set from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import math

from avpr_ros.gallery.score_power import ScorePower


@dataclass(frozen=True)
class ScoreModel:
    """The probability that a match is true, from its scores: logistic regression.

    ``p = 1 / (1 + exp(-(bias + similarity * s + margin * m)))``, with s the similarity and m by
    how much it stands above the best of every other place. Before it is seen, an image is taken
    to be as likely of a mapped place as of one outside the map.

    Attributes:
        bias: constant part of the log odds.
        similarity: log odds for each unit of similarity, 0 or more.
        margin: log odds for each unit of margin, 0 or more.
    """

    bias: float
    similarity: float
    margin: float

    def probability(self, similarity: float, margin: float) -> float:
        """Return the probability, 0 to 1; 0 for numbers that are not finite."""
        odds = self.bias + self.similarity * similarity + self.margin * margin
        if not math.isfinite(odds):
            return 0.0
        # Beyond this a double is exactly 0 or 1, and the exponential would overflow.
        return 1.0 / (1.0 + math.exp(-min(max(odds, -700.0), 700.0)))


@dataclass(frozen=True)
class Calibration:
    """What the scores of one query network against one map mean.

    Attributes:
        min_similarity: inner product that few places outside the map reach; the threshold where
            there is no score model, as with networks trained before there was one.
        evidence: how it was found, as flat JSON values (counts, quantiles, method).
        score: turns scores into a probability; None where it was not fitted.
    """

    min_similarity: float
    evidence: Mapping[str, float | int | str] = field(default_factory=dict)
    score: ScoreModel | None = None

    @property
    def power(self) -> ScorePower | None:
        """What a match that passes is worth; None where the evidence does not say."""
        return ScorePower.of(self.evidence)

    def passes(self, similarity: float, margin: float) -> bool:
        """Say whether a match is more likely true than not, or reaches the threshold."""
        if self.score is None:
            return similarity >= self.min_similarity
        return self.score.probability(similarity, margin) >= 0.5

    def to_json(self) -> dict[str, object]:
        """Return what goes into a manifest."""
        data: dict[str, object] = {
            'min_similarity': self.min_similarity,
            'evidence': dict(self.evidence),
        }
        if self.score is not None:
            data['score'] = dict(vars(self.score))
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Calibration:
        """Read back what ``to_json`` gave.

        Raises:
            ValueError: a number is missing or not finite, a weight is negative, or evidence or
                score is not an object.
        """
        evidence = data.get('evidence', {})
        threshold = _number(data, 'min_similarity')
        if not isinstance(evidence, dict):
            raise ValueError('calibration.evidence is not an object')
        score = data.get('score')
        if score is None:
            return cls(threshold, evidence)
        if not isinstance(score, dict):
            raise ValueError('calibration.score is not an object')
        model = ScoreModel(*(_number(score, name) for name in ('bias', 'similarity', 'margin')))
        if model.similarity < 0 or model.margin < 0:
            raise ValueError('calibration.score has a negative weight')
        return cls(threshold, evidence, model)


def _number(data: Mapping[str, object], name: str) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f'calibration.{name} is {value!r}, not a number')
    if not math.isfinite(value):
        raise ValueError(f'calibration.{name} is {value}, not a finite number')
    return float(value)
