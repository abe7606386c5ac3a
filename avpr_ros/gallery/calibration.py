# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Calibration of similarity scores: threshold, probability and discriminability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
import math


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
        statistics: how it was estimated, as flat JSON values (counts, quantiles, method).
        score: turns scores into a probability; None where it was not fitted.
        standardized: the calibration of the similarities of standardised descriptors; None where
            it was not fitted, as with networks calibrated before there was one.
    """

    min_similarity: float
    statistics: Mapping[str, float | int | str] = field(default_factory=dict)
    score: ScoreModel | None = None
    standardized: Calibration | None = None

    def in_use(self, standardize: bool = True) -> Calibration:
        """Return the calibration of the similarities that a matcher compares.

        Args:
            standardize: whether descriptors are standardised where this has been calibrated.
        """
        return self.standardized if standardize and self.standardized is not None else self

    @property
    def power(self) -> ScoreDiscriminability | None:
        """Rates of matches that pass; None where the statistics do not hold them."""
        return ScoreDiscriminability.from_statistics(self.statistics)

    def passes(self, similarity: float, margin: float) -> bool:
        """Return whether a match is more likely true than not, or reaches the threshold."""
        if self.score is None:
            return similarity >= self.min_similarity
        return self.score.probability(similarity, margin) >= 0.5

    def with_statistics(self, more: Mapping[str, float | int | str]) -> Calibration:
        """Return the same calibration with more statistics."""
        return replace(self, statistics={**self.statistics, **more})

    def to_json(self) -> dict[str, object]:
        """Return what goes into a manifest."""
        data: dict[str, object] = {
            'min_similarity': self.min_similarity,
            'evidence': dict(self.statistics),
        }
        if self.score is not None:
            data['score'] = dict(vars(self.score))
        if self.standardized is not None:
            data['standardized'] = self.standardized.to_json()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Calibration:
        """Read back what ``to_json`` gave.

        Raises:
            ValueError: a number is missing or not finite, a weight is negative, or evidence, score
                or standardized is not an object.
        """
        found = cls._single(data)
        nested = data.get('standardized')
        if nested is None:
            return found
        if not isinstance(nested, dict):
            raise ValueError('calibration.standardized is not an object')
        return replace(found, standardized=cls._single(nested))

    @classmethod
    def _single(cls, data: Mapping[str, object]) -> Calibration:
        """Read one calibration, without that of standardised descriptors."""
        statistics = data.get('evidence', {})
        threshold = _number(data, 'min_similarity')
        if not isinstance(statistics, dict):
            raise ValueError('calibration.evidence is not an object')
        score = data.get('score')
        if score is None:
            return cls(threshold, statistics)
        if not isinstance(score, dict):
            raise ValueError('calibration.score is not an object')
        model = ScoreModel(*(_number(score, name) for name in ('bias', 'similarity', 'margin')))
        if model.similarity < 0 or model.margin < 0:
            raise ValueError('calibration.score has a negative weight')
        return cls(threshold, statistics, model)


def _number(data: Mapping[str, object], name: str) -> float:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f'calibration.{name} is {value!r}, not a number')
    if not math.isfinite(value):
        raise ValueError(f'calibration.{name} is {value}, not a finite number')
    return float(value)


#: With fewer views of places outside the map the rates are unknown.
FEWEST_FOREIGN = 20
#: One-sided confidence of the bounds: 95 %.
_Z = 1.645


@dataclass(frozen=True)
class ScoreDiscriminability:
    """Rates at which held-out views pass by their scores, from the statistics of a calibration.

    Attributes:
        true_positive_rate: share of the views of mapped places that pass at a right keyframe.
        wrong_place_rate: share of them that pass at a wrong one.
        false_positive_rate: share of the views of places outside the map that pass.
        keyframes: how many keyframes the views were made from; several views of one are not
            independent.
    """

    true_positive_rate: float
    wrong_place_rate: float
    false_positive_rate: float
    keyframes: int

    @classmethod
    def from_statistics(
        cls, statistics: Mapping[str, float | int | str]
    ) -> ScoreDiscriminability | None:
        """Read the statistics of a calibration; None where the map was too small for them.

        Older calibrations do not separate right from wrong among the views that pass; all count
        as right then.
        """

        def number(*names: str) -> float | None:
            found = [statistics[name] for name in names if name in statistics]
            usable = [value for value in found if isinstance(value, int | float)]
            return float(usable[0]) if usable and math.isfinite(usable[0]) else None

        right = number('revisits_right_share', 'revisits_likely_share', 'revisits_accepted_share')
        foreign = number('foreign_likely_share', 'foreign_accepted_share')
        asked = number('keyframes_asked', 'revisits')
        wrong = number('revisits_wrong_share') or 0.0
        few = (number('foreign') or 0.0) < FEWEST_FOREIGN
        if right is None or foreign is None or asked is None or few or asked < 1:
            return None
        if min(right, wrong, foreign) < 0 or max(right + wrong, foreign) > 1:
            return None
        return cls(right, wrong, foreign, int(asked))

    @property
    def odds(self) -> float:
        """Lower bound of the odds that a match that passes is right, with 95 % confidence.

        For a robot that is in the map half of its time: ``true_positive_rate / (wrong_place_rate
        + false_positive_rate)``, each at the unfavourable end of its Wilson interval.
        """
        count = self.keyframes
        wrong = _upper_bound(self.wrong_place_rate, count)
        foreign = _upper_bound(self.false_positive_rate, count)
        return (1 - _upper_bound(1 - self.true_positive_rate, count)) / (wrong + foreign)

    @property
    def enough(self) -> bool:
        """Whether a match that passes is more likely right than wrong."""
        return self.odds >= 1.0

    def __str__(self) -> str:
        """Return the finding in one sentence."""
        finding = 'separate' if self.enough else 'do not separate'
        return (
            f'scores {finding} the map from places outside it: of held-out views of mapped places '
            f'{self.true_positive_rate:.0%} pass at a right and {self.wrong_place_rate:.0%} at a '
            f'wrong keyframe, of places outside {self.false_positive_rate:.0%} pass'
        )


def _upper_bound(share: float, count: int) -> float:
    """Return the upper end of Wilson's interval (J. Am. Stat. Assoc. 22, 1927) of a share."""
    square = _Z * _Z / count
    spread = _Z * math.sqrt(max(share * (1 - share), 0.0) / count + square / (4 * count))
    return min(1.0, (share + square / 2 + spread) / (1 + square))
