# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a score means: the threshold, and the evidence that it was set from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import math


@dataclass(frozen=True)
class Calibration:
    """A threshold for one query network against one map.

    Attributes:
        min_similarity: inner product from which a match may be accepted.
        evidence: how it was found, as flat JSON values (counts, quantiles, method).
    """

    min_similarity: float
    evidence: Mapping[str, float | int | str] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return what goes into a manifest."""
        return {'min_similarity': self.min_similarity, 'evidence': dict(self.evidence)}

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Calibration:
        """Read back what ``to_json`` gave.

        Raises:
            ValueError: no finite ``min_similarity``, or evidence that is not a flat object.
        """
        threshold = data.get('min_similarity')
        evidence = data.get('evidence', {})
        if isinstance(threshold, bool) or not isinstance(threshold, int | float):
            raise ValueError(f'calibration.min_similarity is {threshold!r}, not a number')
        if not math.isfinite(threshold):
            raise ValueError(f'calibration.min_similarity is {threshold}, not a finite number')
        if not isinstance(evidence, dict):
            raise ValueError('calibration.evidence is not an object')
        return cls(float(threshold), evidence)
