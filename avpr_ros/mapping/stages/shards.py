# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Shards: arrays of one piece of a build, under a name that is the hash of all they depend on."""

from __future__ import annotations

from collections.abc import Mapping
import hashlib
from io import BytesIO
import json
from typing import Any, TypeAlias

import numpy as np

from avpr_ros import __version__
from avpr_ros.arrays import AnyArray
from avpr_ros.errors import MapError
from avpr_ros.storage.object_store import ObjectStore
from avpr_ros.storage.reading import reason

Arrays: TypeAlias = Mapping[str, AnyArray]
#: Layout of the shards; one of another layout has another name.
_LAYOUT = 1
_FACTS = 'facts_json'
_HEX = 40


def shard_name(kind: str, **facts: Any) -> str:
    """Return the name of a shard: the hash of its kind, the version and what it is made from."""
    whole = {'kind': kind, 'layout': _LAYOUT, 'version': __version__, **facts}
    text = json.dumps(whole, sort_keys=True, allow_nan=False)
    return f'{kind}/{hashlib.sha256(text.encode()).hexdigest()[:_HEX]}.npz'


class ShardStore:
    """Shards in a folder or behind a URI.

    Attributes:
        objects: where they lie.
        written: how many were written by this process.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self.objects = objects
        self.written = 0
        self._known: set[str] = set()

    def has(self, name: str) -> bool:
        """Return whether a shard is there; what was seen once is taken to stay."""
        if name not in self._known:
            self._known.update(self.objects.names(name.partition('/')[0]))
        return name in self._known

    def missing(self, names: list[str]) -> list[str]:
        """Return which of some shards of one kind are not there."""
        there = set(self.objects.names(names[0].partition('/')[0])) if names else set()
        self._known |= there
        return [name for name in names if name not in there]

    def write(self, name: str, arrays: Arrays, facts: Mapping[str, Any] | None = None) -> None:
        """Write a shard whole; raises ``ConfigError`` where the store cannot be written."""
        stream = BytesIO()
        text = json.dumps(facts or {}, sort_keys=True, allow_nan=False).encode()
        columns = {**arrays, _FACTS: np.frombuffer(text, dtype=np.uint8)}
        np.savez(stream, **columns)  # type: ignore[arg-type]
        self.objects.write(name, stream.getvalue())
        self._known.add(name)
        self.written += 1

    def read(self, name: str) -> tuple[dict[str, AnyArray], dict[str, Any]] | None:
        """Return the arrays and facts of a shard; None where it is missing.

        Raises:
            MapError: it is damaged; it is deleted, so that the next build makes it again.
        """
        data = self.objects.read(name)
        if data is None:
            return None
        try:
            with np.load(BytesIO(data), allow_pickle=False) as stored:
                arrays = {key: stored[key] for key in stored.files}
            facts = json.loads(arrays.pop(_FACTS).tobytes())
        # Damaged bytes raise what the parser meets in them.
        except Exception as error:
            self.objects.delete(name)
            self._known.discard(name)
            raise MapError(
                f'shard {name} in {self.objects.address} is damaged ({reason(error)}) and was '
                'deleted; build again, which makes it anew'
            ) from error
        return arrays, dict(facts)

    def need(self, name: str, what: str) -> tuple[dict[str, AnyArray], dict[str, Any]]:
        """Return a shard; raises ``MapError`` where it is missing or damaged.

        Args:
            name: of the shard.
            what: it is of, for the text.
        """
        found = self.read(name)
        if found is None:
            raise MapError(
                f'the shard of {what} is missing in {self.objects.address} ({name}); run '
                '`avpr build` with --shard for it, then gather again'
            )
        return found
