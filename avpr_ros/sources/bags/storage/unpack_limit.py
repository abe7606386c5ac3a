# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How much compressed parts of a recording may unpack to, all together."""

from __future__ import annotations

#: Raw images shrink to a half, or a tenth; no sensor gives what shrinks to less than this.
MAX_RATIO = 200
#: Of a small recording, such as one of a black image.
MIN_BYTES = 1 << 30


class UnpackLimit:
    """Counts bytes before and after unpacking, in one pass over a recording."""

    def __init__(self) -> None:
        self._packed = self._unpacked = 0

    def add(self, packed: int, unpacked: int) -> None:
        """Count a part; raises ``ValueError`` where the whole exceeds the limit.

        Args:
            packed: bytes in the file.
            unpacked: bytes that they become.
        """
        self._packed += packed
        self._unpacked += unpacked
        if self._unpacked > most_unpacked_bytes(self._packed):
            raise ValueError(
                f'{self._packed} bytes unpack to {self._unpacked}, more than {MAX_RATIO} times '
                'as many'
            )


def most_unpacked_bytes(packed: int) -> int:
    """Return how many bytes the bytes of a file may become."""
    return max(MIN_BYTES, MAX_RATIO * packed)
