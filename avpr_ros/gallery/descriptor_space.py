# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The descriptor space: what makes two descriptors comparable, and its id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import read_npz
from avpr_ros.json_fields import Fields
from avpr_ros.storage.open_file import FileSource
from avpr_ros.storage.reading import reading

#: Array of the projection that a map's descriptors were shortened with: (D, d).
BASIS = 'basis'
#: Array with the id of the space before the projection, where maps share that: (32,) uint8.
BASE = 'base_space'
#: Array of a fitted projection's recall@1 before and after, for the report.
RECALL_COST = 'recall_at_1_before_and_after_projection'


@dataclass(frozen=True, eq=False)
class DescriptorSpace:
    """One gallery network, its preprocessing, and whatever was fitted for it.

    Attributes:
        id: 64 hex digits, sha256 over all that follows.
        network: name of the gallery network, e.g. ``embedded``.
        dim: length of a descriptor.
        input_px: side of the square image that the gallery network sees.
        arrays: what was fitted, by name (a vocabulary, a projection); may be empty.
    """

    id: str
    network: str
    dim: int
    input_px: int
    arrays: Mapping[str, NDArray[Any]]

    @classmethod
    def create(
        cls, network: str, dim: int, input_px: int, arrays: Mapping[str, NDArray[Any]]
    ) -> DescriptorSpace:
        """Build a space and compute its id."""
        kept = {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}
        return cls(_space_id(network, dim, input_px, kept), network, dim, input_px, kept)

    @property
    def base_id(self) -> str | None:
        """Id of the space before the projection; None where maps do not share that."""
        base = self.arrays.get(BASE)
        return None if base is None or BASIS not in self.arrays else bytes(base).hex()

    def save_arrays(self, path: Path) -> None:
        """Write the arrays as an npz file, without pickle."""
        # Typing of savez does not know that keyword names are free.
        np.savez(path, **dict(self.arrays))  # type: ignore[arg-type]

    @classmethod
    def load(
        cls, path: FileSource, expected_id: str, network: str, dim: int, input_px: int
    ) -> DescriptorSpace:
        """Read the arrays back and check that they give the expected id.

        Raises:
            MapError: unreadable, or of another space.
        """
        with reading(path, MapError, 'build the map again'):
            space = cls.create(network, dim, input_px, read_npz(path))
        if space.id != expected_id:
            raise MapError(
                f'{path} holds descriptor space {space.id[:12]}, the manifest names '
                f'{expected_id[:12]}; build the map again'
            )
        return space


@dataclass(frozen=True)
class SpaceInfo:
    """The descriptor space without its arrays; see ``DescriptorSpace``.

    Attributes:
        id: of the descriptors in the map.
        network: name of the gallery network.
        dim: length of a descriptor.
        input_px: side of the square image that the gallery network sees.
        base_id: id of the space before the projection, where maps share that; else None.
    """

    id: str
    network: str
    dim: int
    input_px: int
    base_id: str | None = None

    @classmethod
    def of(cls, space: DescriptorSpace) -> SpaceInfo:
        """Return what a manifest holds of a space."""
        return cls(space.id, space.network, space.dim, space.input_px, space.base_id)

    def to_json(self) -> dict[str, object]:
        """Return the JSON object; ``base_id`` only where there is one."""
        return {name: value for name, value in vars(self).items() if value is not None}

    @classmethod
    def from_json(cls, data: Fields) -> SpaceInfo:
        """Read what ``to_json`` gave; raises ``ValueError``."""
        return cls(
            data.text('id'),
            data.text('network'),
            data.integer('dim'),
            data.integer('input_px'),
            data.text('base_id') if data.has('base_id') else None,
        )


def _space_id(network: str, dim: int, input_px: int, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Hash names, shapes, types and bytes, so that no two spaces share an id by accident."""
    digest = hashlib.sha256()
    facts = {
        'network': network,
        'dim': dim,
        'input_px': input_px,
        'arrays': [[name, a.dtype.str, list(a.shape)] for name, a in arrays.items()],
    }
    digest.update(json.dumps(facts, sort_keys=True).encode())
    for array in arrays.values():
        digest.update(array.tobytes())
    return digest.hexdigest()
