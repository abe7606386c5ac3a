# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The query network of a map: a file of its own, or the one in the map, projected like the map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import QueryNetworkError
from avpr_ros.gallery.descriptor_space import BASIS
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.gallery_map import GALLERY_NETWORK, GalleryMap
from avpr_ros.profiling import timed_stage
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.runtime.query_network import QueryNetwork


@dataclass(frozen=True, eq=False)
class ProjectedNetwork:
    """A query network whose long descriptors are shortened by the projection of a map.

    Attributes:
        long: gives (D,) unit descriptors.
        basis: (D, d), orthonormal columns.
        manifest: of the long network, but for space and dimensions, which are the map's.
    """

    long: QueryNetwork
    basis: NDArray[np.float32]
    manifest: QueryManifest

    @property
    def provider(self) -> str:
        """What ONNX Runtime runs the network on."""
        return self.long.provider

    def describe(self, image: RgbImage) -> Descriptors:
        """Return the (d,) float32 unit descriptor of an (H, W, 3) uint8 RGB image."""
        described = self.long.describe(image)
        with timed_stage('network'):
            shorter = described @ self.basis
            return np.asarray(shorter / max(float(np.linalg.norm(shorter)), 1e-6), np.float32)


def in_space_of(network: QueryNetwork, gallery: Gallery) -> QueryNetwork:
    """Return a query network in the descriptor space of a map.

    Args:
        network: of that space, or of the one before the projection; another one is returned as
            it is, see ``check_space``.
        gallery: the map, or the running session.

    Raises:
        MapError: the file of the descriptor space is damaged.
    """
    space = gallery.manifest.descriptor_space
    if network.manifest.space_id != space.base_id or not isinstance(gallery, GalleryMap):
        return network
    manifest = replace(network.manifest, space_id=space.id, dim=space.dim)
    return ProjectedNetwork(network, gallery.space_arrays()[BASIS], manifest)


def open_query_network(
    gallery: GalleryMap, query: Path | None, threads: int = 1
) -> OnnxQueryNetwork:
    """Open a query network, or the one in the map.

    Args:
        gallery: the map.
        query: ONNX file with its manifest; None: the gallery network of the map.
        threads: how many threads one inference may use.

    Raises:
        QueryNetworkError: the network is missing, damaged or cannot be run, or none is given and
            the map holds none.
        MapError: a file in the map was changed since the map was opened, or is damaged.
    """
    if query is not None:
        return OnnxQueryNetwork.open(query, threads)
    file = gallery.files.get(GALLERY_NETWORK)
    info, space = gallery.manifest, gallery.manifest.descriptor_space
    if file is None or space.base_id is None:
        raise QueryNetworkError(
            f'no query network is given and the map {gallery.path} holds none; make one with '
            'avpr train, or build the map with --gallery-network embedded-fixed'
        )
    manifest = QueryManifest(
        network=space.network,
        space_id=space.base_id,
        dim=len(gallery.space_arrays()[BASIS]),
        input_px=space.input_px,
        onnx_sha256=info.files[GALLERY_NETWORK].sha256,
        created=info.created,
        tool_version=info.tool_version,
        max_abs_difference=float('nan'),  # compared at build, not stored
    )
    return OnnxQueryNetwork.of_model(Path(str(file)), manifest, file.read(), threads)
