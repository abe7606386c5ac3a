# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether a query network's scores tell places of the map from places outside it at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import math

#: With fewer views of places outside the map nothing can be said.
FEWEST_FOREIGN = 20
#: One-sided confidence of the bounds: 95 %.
_Z = 1.645


@dataclass(frozen=True)
class ScorePower:
    """What a match that passes by its scores is worth, by the held-out views of a calibration.

    Attributes:
        right: share of the views of mapped places that pass at a right keyframe.
        wrong: share of them that pass at a wrong one.
        foreign: share of the views of places outside the map that pass.
        asked: how many keyframes the views were made from; several views of one are no more
            evidence than one.
    """

    right: float
    wrong: float
    foreign: float
    asked: int

    @classmethod
    def of(cls, evidence: Mapping[str, float | int | str]) -> ScorePower | None:
        """Read the evidence of a calibration; None where the map was too small to show it.

        Calibrations of before do not tell right from wrong among the views that pass; all are
        taken to be right then.
        """

        def number(*names: str) -> float | None:
            found = [evidence[name] for name in names if name in evidence]
            usable = [one for one in found if isinstance(one, int | float)]
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
        """Least odds that a match that passes is right, with 95 % confidence.

        For a robot that is in the map half of its time: ``right / (wrong + foreign)``, each share
        at the end of its Wilson interval that speaks against the calibration.
        """
        against = _most(self.wrong, self.asked) + _most(self.foreign, self.asked)
        return (1 - _most(1 - self.right, self.asked)) / against

    @property
    def enough(self) -> bool:
        """Whether a match that passes is more likely right than wrong."""
        return self.odds >= 1.0

    def __str__(self) -> str:
        """Return the finding in one sentence."""
        finding = 'tell' if self.enough else 'do not tell'
        return (
            f'scores {finding} the map from places outside it: of held-out views of mapped places '
            f'{self.right:.0%} pass rightly and {self.wrong:.0%} wrongly, of places outside '
            f'{self.foreign:.0%} pass'
        )


def _most(share: float, count: int) -> float:
    """Return the upper end of Wilson's interval (J. Am. Stat. Assoc. 22, 1927) of a share."""
    square = _Z * _Z / count
    spread = _Z * math.sqrt(max(share * (1 - share), 0.0) / count + square / (4 * count))
    return min(1.0, (share + square / 2 + spread) / (1 + square))
