# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Gallery networks by name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.describer import ChunkDescriber, Describer
from avpr_ros.gallery.descriptor_space import BASIS, DescriptorSpace
from avpr_ros.networks.describer import EmbeddedDescriber
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS
from avpr_ros.networks.foundation.chunks import ChunkedFoundationDescriber
from avpr_ros.networks.foundation.describer import FoundationDescriber
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.networks.foundation.space import CHECKPOINT, FoundationGalleryNetwork
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork
from avpr_ros.networks.learned_query import (
    QUERY_PRESETS,
    LearnedQueryKind,
    LearnedQueryNetwork,
)
from avpr_ros.networks.query_network import VladQueryNetwork

#: SALAD needs more cells than its 64 clusters: 9 x 9 of 32 pixels.
_LEAST_PX_OF_SALAD = 288


def describer_by_name(
    name: str, *, dim: int = 512, like: DescriptorSpace | None = None
) -> Describer:
    """Return the gallery describer of ``avpr build``.

    Args:
        name: a key of ``EMBEDDED_KINDS`` or a network of the model folder.
        dim: most dimensions of the descriptor; 0: as many as the foundation network has.
        like: space of another map whose vocabularies and projection are used.

    Raises:
        ConfigError: unknown name, invalid ``dim``, or missing weights.
        SpaceMismatchError: ``like`` is of another network.
    """
    if name in EMBEDDED_KINDS:
        return EmbeddedDescriber(name, dim, like)
    return FoundationDescriber(name, dim, like)


def chunk_describer_by_name(
    name: str, dim: int = 512, like: DescriptorSpace | None = None
) -> ChunkDescriber:
    """Return the gallery describer of a build that is divided into shards.

    Arguments and errors are those of ``describer_by_name``.
    """
    if name in EMBEDDED_KINDS:
        return EmbeddedDescriber(name, dim, like)
    return ChunkedFoundationDescriber(name, dim, like)


def load_gallery_network(
    space: DescriptorSpace,
) -> EmbeddedGalleryNetwork | FoundationGalleryNetwork:
    """Return the gallery network that a descriptor space was made with.

    Raises:
        ConfigError: its weights are not in the model folder.
        SpaceMismatchError: no network of this package makes this space.
    """
    if CHECKPOINT in space.arrays:
        return FoundationGalleryNetwork.from_space(space)
    return EmbeddedGalleryNetwork.from_space(space)


def query_network_for(
    space: DescriptorSpace, preset: str | None = None, weights: Path | None = None
) -> VladQueryNetwork | LearnedQueryNetwork:
    """Return an untrained query network for a descriptor space.

    Args:
        space: of the map.
        preset: a key of ``QUERY_PRESETS``; None: the embedded network, with VLAD in a space of
            the embedded kind and ``fast`` in any other.
        weights: a weights file of timm for the preset's backbone.

    Raises:
        ConfigError: no such preset, weights for the embedded backbone, or a file that is missing.
        SpaceMismatchError: neither an embedded space nor one of a foundation network.
    """
    foundation = CHECKPOINT in space.arrays
    if preset is None and not foundation:
        return VladQueryNetwork.for_space(space)
    if (preset or 'fast') not in QUERY_PRESETS:
        raise ConfigError(f'unknown query network {preset!r}; use one of {sorted(QUERY_PRESETS)}')
    kind = replace(QUERY_PRESETS[preset or 'fast'], weights=weights)
    if kind.backbone == 'embedded' and weights is not None:
        raise ConfigError(
            'the embedded backbone has its own weights; use --backbone-weights with '
            '--query-network'
        )
    if not foundation:
        return LearnedQueryNetwork(kind, space.dim)
    basis = space.arrays.get(BASIS)
    full_dim = space.dim if basis is None else len(basis)
    kind = with_head_of(kind, space.network)
    return LearnedQueryNetwork(kind, space.dim, full_dim=full_dim, basis=basis)


def with_head_of(kind: LearnedQueryKind, gallery_network: str) -> LearnedQueryKind:
    """Give a preset with a learned aggregator the one of the gallery network."""
    gallery = kind_by_name(gallery_network)
    if kind.head == 'gem':
        return kind
    if gallery.head == 'boq':
        return replace(kind, head_width=gallery.dim // 32)
    if gallery.head in ('salad', 'megaloc'):
        return replace(kind, head='salad', input_px=max(kind.input_px, _LEAST_PX_OF_SALAD))
    return replace(kind, head='gem')
