# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Gallery networks by name."""

from __future__ import annotations

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.describer import Describer
from avpr_ros.gallery.space import DescriptorSpace
from avpr_ros.networks.describer import EmbeddedDescriber
from avpr_ros.networks.gallery_network import EMBEDDED_KINDS, EmbeddedGalleryNetwork


def describer_by_name(name: str, *, dim: int = 512) -> Describer:
    """Return what ``avpr build`` describes a gallery with.

    Args:
        name: ``embedded`` or ``embedded-light``.
        dim: length of a descriptor at most.

    Raises:
        ConfigError: unknown name, ``dim`` below 1, or weights that are not installed.
    """
    if name not in EMBEDDED_KINDS:
        raise ConfigError(f'no gallery network {name!r}; there are {sorted(EMBEDDED_KINDS)}')
    return EmbeddedDescriber(name, dim)


def load_gallery_network(space: DescriptorSpace) -> EmbeddedGalleryNetwork:
    """Return the gallery network that a descriptor space was made with.

    Raises:
        SpaceMismatchError: no network of this package makes this space.
    """
    return EmbeddedGalleryNetwork.from_space(space)
