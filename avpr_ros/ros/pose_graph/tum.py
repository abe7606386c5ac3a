# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Writes TUM trajectory files, ``timestamp x y z qx qy qz qw``."""

from __future__ import annotations

from pathlib import Path

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.files import write_text_atomically
from avpr_ros.stamps import NS_PER_S


def write_tum(path: Path, stamps_ns: IntArray, rows: FloatArray) -> None:
    """Write one line per pose, stamps in seconds to the last nanosecond."""
    lines = []
    for stamp_ns, row in zip(stamps_ns.tolist(), rows, strict=True):
        seconds, nanoseconds = divmod(stamp_ns, NS_PER_S)
        numbers = ' '.join(f'{value:.9f}' for value in row)
        lines.append(f'{seconds}.{nanoseconds:09d} {numbers}\n')
    write_text_atomically(path, ''.join(lines))
