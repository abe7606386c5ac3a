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
        fixed: whether the vocabularies are those of the package, the same for every map, rather
            than fitted to the images of each map. All parts are then light: the gallery network
            is the query network, too.
    """

    parts: tuple[EmbeddedPart, ...]
    fixed: bool = False

    @property
    def input_px(self) -> int:
        """Side of the square image that the network sees; smaller parts see it resized."""
        return max(part.input_px for part in self.parts)


_HEAVY = EmbeddedPart('tf_efficientnet_lite2', 320)
_LIGHT = EmbeddedPart('tf_efficientnet_lite0', 192)
_XFEAT = EmbeddedPart(XFEAT, 320, 64)

#: ``embedded`` survives changes of the light, ``embedded-day`` needs a third of the time on the
#: robot, ``embedded-light`` is the light network alone, and ``embedded-fixed`` has one query
#: network for all maps.
EMBEDDED_KINDS = {
    'embedded': EmbeddedKind((_HEAVY, _LIGHT, _XFEAT)),
    'embedded-day': EmbeddedKind((_HEAVY, _LIGHT)),
    'embedded-light': EmbeddedKind((_LIGHT,)),
    'embedded-fixed': EmbeddedKind((_LIGHT, _XFEAT), fixed=True),
}


def is_fixed(network: str) -> bool:
    """Return whether a gallery network has the vocabularies of the package for all maps."""
    kind = EMBEDDED_KINDS.get(network)
    return kind is not None and kind.fixed
