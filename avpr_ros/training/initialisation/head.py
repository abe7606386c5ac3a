# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start of a learned head: what it has in common with the head of the gallery network."""

from __future__ import annotations

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.foundation.space import CHECKPOINT, FoundationGalleryNetwork
from avpr_ros.networks.learned_query import LearnedQueryNetwork
from avpr_ros.networks.query_network import VladQueryNetwork


def initialise_head(
    network: VladQueryNetwork | LearnedQueryNetwork, space: DescriptorSpace
) -> tuple[str, ...]:
    """Give a query network's head every tensor of the gallery's that has its name and shape.

    Heads of one kind differ only in the layers that read the features, whose width is the
    backbone's: those keep their random initialisation, the others are copied.

    Args:
        network: its ``head`` is set in place.
        space: of the map.

    Returns:
        Names of the copied tensors, for the record of the training.

    Raises:
        ConfigError: the two heads have nothing in common, or the gallery network's weights are
            not in the model folder.
    """
    if CHECKPOINT not in space.arrays or isinstance(network, VladQueryNetwork):
        raise ConfigError(
            'the gallery head can be taken over on a map of a published network only, by a '
            f'learned head; {space.network!r} and {network.name!r} have none; leave out '
            '--gallery-head'
        )
    given = FoundationGalleryNetwork.from_space(space).whole.head.state_dict()
    wanted = network.head.state_dict()
    taken = {
        name: value
        for name, value in given.items()
        if name in wanted and wanted[name].shape == value.shape
    }
    if not taken:
        raise ConfigError(
            f'the head of {network.name!r} has nothing in common with that of {space.network!r}; '
            'leave out --gallery-head or name a query network whose head is of the same kind'
        )
    network.head.load_state_dict({**wanted, **taken})
    return tuple(sorted(taken))
