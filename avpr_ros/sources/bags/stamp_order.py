# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Order images by stamp; count duplicate, late and decreasing stamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray
from avpr_ros.stamps import NS_PER_S

#: An image this far behind an earlier one is dropped: sorting it would need all images in between
#: in memory.
LATE_NS = NS_PER_S


@dataclass(frozen=True, eq=False)
class StampOrder:
    """Order by stamp of N images, given in recorded order.

    Attributes:
        rows: (M,) indices of the images that are kept, in stamp order, M <= N.
        ranks: (N,) position of each image in ``rows``; -1: dropped.
        jumps_back: number of times a camera's stamp decreases.
        duplicates: images dropped because of a repeated stamp of their camera.
        late: images dropped because they follow an image more than ``LATE_NS`` newer.
    """

    rows: IntArray
    ranks: IntArray
    jumps_back: int
    duplicates: int
    late: int

    @property
    def dropped(self) -> int:
        """Number of dropped images."""
        return self.duplicates + self.late


def order_stamps(stamps_ns: IntArray, cameras: IntArray, *, streamed: bool) -> StampOrder:
    """Order images by stamp, then camera.

    Args:
        stamps_ns: (N,) in recorded order.
        cameras: (N,) index of each image's camera.
        streamed: images are read sequentially, so late ones are dropped.
    """
    late: NDArray[np.bool_] = np.zeros(len(stamps_ns), dtype=np.bool_)
    if streamed and len(stamps_ns):
        late = np.maximum.accumulate(stamps_ns) - stamps_ns > LATE_NS
    keys = np.stack([stamps_ns, cameras], axis=1)
    _, first = np.unique(keys, axis=0, return_index=True)
    once = np.zeros(len(stamps_ns), dtype=np.bool_)
    once[first] = True
    kept = np.flatnonzero(once & ~late)
    rows = kept[np.lexsort((cameras[kept], stamps_ns[kept]))]
    ranks = np.full(len(stamps_ns), -1, dtype=np.int64)
    ranks[rows] = np.arange(len(rows))
    jumps = sum(int((np.diff(stamps_ns[cameras == c]) < 0).sum()) for c in np.unique(cameras))
    return StampOrder(rows, ranks, jumps, int((~once).sum()), int((late & once).sum()))
