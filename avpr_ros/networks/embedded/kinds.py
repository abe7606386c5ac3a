# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The gallery networks that need no download, by name, and the parts that they are made of."""

from __future__ import annotations

from dataclasses import dataclass

#: Name of XFeat among the networks of a part; the others are timm's.
XFEAT = 'xfeat'


@dataclass(frozen=True)
class EmbeddedPart:
    """Local features of one network at one size of the image, aggregated by VLAD.

    Attributes:
        network: timm's name, or ``xfeat`` for the dense descriptors of XFeat.
        input_px: side of the square image that it sees.
        words: size of its vocabulary.
    """

    network: str
    input_px: int
    words: int = 32


@dataclass(frozen=True)
class EmbeddedKind:
    """One gallery network of the embedded kind.

    Attributes:
        parts: at least one; their VLAD descriptors are weighted, joined and projected.
    """

    parts: tuple[EmbeddedPart, ...]

    @property
    def input_px(self) -> int:
        """Side of the square image that the network sees; smaller parts see it resized."""
        return max(part.input_px for part in self.parts)


_HEAVY = EmbeddedPart('tf_efficientnet_lite2', 320)
_LIGHT = EmbeddedPart('tf_efficientnet_lite0', 192)

#: ``embedded`` survives changes of the light, ``embedded-day`` needs a third of the time on the
#: robot, and ``embedded-light`` is the light network alone.
EMBEDDED_KINDS = {
    'embedded': EmbeddedKind((_HEAVY, _LIGHT, EmbeddedPart(XFEAT, 320, 64))),
    'embedded-day': EmbeddedKind((_HEAVY, _LIGHT)),
    'embedded-light': EmbeddedKind((_LIGHT,)),
}
