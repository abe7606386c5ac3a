# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Damage to files, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import os

import numpy as np

from avpr_ros.errors import AvprError

#: Cases of each kind of file; `make fuzz` asks for more.
CASES = int(os.environ.get('AVPR_FUZZ_CASES', '200'))
#: Values that lengths, counts and offsets are overwritten with.
_NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFFFFFF, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)


def mutations(data: bytes, cases: int = CASES, seed: int = 0) -> Iterator[bytes]:
    """Yield damaged forms of a file; half of the damage lies in its first or last 200 bytes."""
    rng = np.random.default_rng(seed)
    for _ in range(cases):
        changed = bytearray(data)
        for _ in range(int(rng.integers(1, 4))):
            _MUTATORS[int(rng.integers(len(_MUTATORS)))](changed, rng)
        yield bytes(changed)


def outcome(read: Callable[[], object]) -> str:
    """Return how a file was taken: ``read`` or ``refused``; other exceptions pass."""
    try:
        read()
    except AvprError as error:
        assert str(error)
        assert '\n' not in str(error)
        return 'refused'
    return 'read'


def _place(data: bytearray, rng: np.random.Generator) -> int:
    whole = len(data)
    if not whole:
        return 0
    part = int(rng.integers(4))
    if part == 0:
        return int(rng.integers(min(whole, 200)))
    if part == 1:
        return whole - 1 - int(rng.integers(min(whole, 200)))
    return int(rng.integers(whole))


def _flip(data: bytearray, rng: np.random.Generator) -> None:
    if data:
        data[_place(data, rng)] ^= 1 << int(rng.integers(8))


def _truncate(data: bytearray, rng: np.random.Generator) -> None:
    del data[_place(data, rng) :]


def _overwrite(data: bytearray, rng: np.random.Generator) -> None:
    at = _place(data, rng)
    noise = rng.bytes(int(rng.integers(1, 64)))
    data[at : at + len(noise)] = noise


def _number(data: bytearray, rng: np.random.Generator) -> None:
    at, size = _place(data, rng), int(rng.choice([1, 2, 4, 8]))
    value = int(_NUMBERS[int(rng.integers(len(_NUMBERS)))]) % (1 << 8 * size)
    data[at : at + size] = value.to_bytes(size, 'little')


def _remove(data: bytearray, rng: np.random.Generator) -> None:
    at = _place(data, rng)
    del data[at : at + int(rng.integers(1, 64))]


def _double(data: bytearray, rng: np.random.Generator) -> None:
    at, size = _place(data, rng), int(rng.integers(1, 256))
    data[at:at] = data[at : at + size]


_MUTATORS: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    _flip,
    _truncate,
    _overwrite,
    _number,
    _remove,
    _double,
)
