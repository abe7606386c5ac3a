# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Shards: arrays of one piece of a build, under a name that is the hash of all they depend on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
import hashlib
from io import BytesIO
import json
import re
from typing import Any, TypeAlias

import numpy as np

from avpr_ros import __version__
from avpr_ros.arrays import AnyArray
from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import read_npz_stream
from avpr_ros.json_fields import parse_object
from avpr_ros.storage.object_store import ObjectStore
from avpr_ros.storage.reading import reason

Arrays: TypeAlias = Mapping[str, AnyArray]
#: Layout of the shards; one of another layout has another name.
_LAYOUT = 1
_FACTS = 'facts_json'
_HEX = 40
_NAME = re.compile(r'[a-z]+/[0-9a-z_]+\.npz')
#: What shards of wrong contents raise where they are put together.
_UNFIT = LookupError, TypeError, ValueError, AssertionError, OverflowError, MemoryError


def shard_name(kind: str, **facts: Any) -> str:
    """Return the name of a shard: the hash of its kind, the version and what it is made from."""
    whole = {'kind': kind, 'layout': _LAYOUT, 'version': __version__, **facts}
    text = json.dumps(whole, sort_keys=True, allow_nan=False)
    return f'{kind}/{hashlib.sha256(text.encode()).hexdigest()[:_HEX]}.npz'


def is_shard_name(text: str) -> bool:
    """Return whether a text has the form of a name by ``shard_name``."""
    return _NAME.fullmatch(text) is not None


@contextmanager
def fitting_shards(address: str) -> Iterator[None]:
    """Turn what shards of wrong contents raise where they are put together into one error.

    Raises:
        MapError: the contents of the shards do not fit one another.
    """
    try:
        yield
    except _UNFIT as error:
        raise MapError(
            f'the shards in {address} do not fit one another ({reason(error)}); delete them and '
            'run `avpr build` with --shards again'
        ) from error


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
        columns = {name: np.asarray(array, order='C') for name, array in arrays.items()}
        columns[_FACTS] = np.frombuffer(text, dtype=np.uint8)
        np.savez(stream, **columns)  # type: ignore[arg-type]
        self.objects.write(name, stream.getvalue())
        self._known.add(name)
        self.written += 1

    def read(self, name: str) -> tuple[dict[str, AnyArray], dict[str, Any]] | None:
        """Return the arrays and facts of a shard; None where it is missing.

        Raises:
            MapError: it is damaged; it is deleted, so that the next build makes it again. Or the
                name is not one of a shard.
        """
        if not is_shard_name(name):
            raise MapError(
                f'{name[:80]!r} is no name of a shard; run `avpr build` with --shard again, which '
                'writes the plan anew'
            )
        data = self.objects.read(name)
        if data is None:
            return None
        try:
            arrays = read_npz_stream(BytesIO(data))
            facts = parse_object(arrays.pop(_FACTS).tobytes())
        # Damaged bytes raise what the parser meets in them.
        except Exception as error:
            self.objects.delete(name)
            self._known.discard(name)
            raise MapError(
                f'shard {name} in {self.objects.address} is damaged ({reason(error)}) and was '
                'deleted; build again, which makes it anew'
            ) from error
        return arrays, facts

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
