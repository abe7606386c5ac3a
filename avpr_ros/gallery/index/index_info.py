# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The index entry of a map's manifest."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.json_fields import Fields


@dataclass(frozen=True)
class IndexInfo:
    """What a map's index is.

    Attributes:
        kind: ``exact``, ``ivf-sq8``, ``ivf-pq64`` or ``ivf-pq32``.
        bytes: size of its file, about what it takes of the memory.
        cells: parts of the map; 1 for an exact one.
        probed: parts that a query looks into.
        agreement_at_1: share of trial queries that find the row which exact search finds. The
            queries are the map's own rows moved to a cosine of 0.75.
    """

    kind: str
    bytes: int
    cells: int = 1
    probed: int = 1
    agreement_at_1: float = 1.0

    @classmethod
    def from_json(cls, data: Fields) -> IndexInfo:
        """Read back what ``dataclasses.asdict`` gave; raises ``ValueError`` for a wrong field."""
        return cls(
            data.text('kind'),
            data.integer('bytes'),
            data.integer('cells'),
            data.integer('probed'),
            data.number('agreement_at_1'),
        )

    def __str__(self) -> str:
        """Return it in words."""
        size = f'{self.kind}, {self.bytes / 1e6:.1f} MB'
        if self.cells == 1:
            return size
        return (
            f'{size}, {self.probed} of {self.cells} cells searched, finds the best keyframe of '
            f'exact search in {self.agreement_at_1:.1%} of trial queries'
        )
