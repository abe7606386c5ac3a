# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query network and a map must share one descriptor space."""

from __future__ import annotations

from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.runtime.query_manifest import QueryManifest


def check_space(query: QueryManifest, gallery: Manifest) -> None:
    """Refuse a pair whose descriptors cannot be compared.

    A query network of the space before the projection fits every map that shares it.

    Raises:
        SpaceMismatchError: names both ids.
    """
    space = gallery.descriptor_space
    if query.space_id == space.base_id:
        return
    if query.space_id != space.id:
        raise SpaceMismatchError(
            f'the query network was made for descriptor space {query.space_id[:12]} and the map '
            f'has {space.id[:12]}; use the query network of this map or make one with avpr train'
        )
    if query.dim != space.dim:
        raise SpaceMismatchError(
            f'the query network gives {query.dim} numbers and the map has {space.dim} in the '
            f'same descriptor space {space.id[:12]}; make the query network again'
        )
