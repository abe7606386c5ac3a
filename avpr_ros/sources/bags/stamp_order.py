# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Put images in stamp order, and count what speaks against their stamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray
from avpr_ros.stamps import NS_PER_S

#: An image whose stamp lies this far behind one already seen is dropped: to bring it in order,
#: all images in between would have to be held in memory.
LATE_NS = NS_PER_S


@dataclass(frozen=True, eq=False)
class StampOrder:
    """How N images, in the order they came, are to be told.

    Attributes:
        rows: (M,) indices of the images that are kept, in stamp order, M <= N.
        ranks: (N,) place of each image in ``rows``; -1: dropped.
        jumps_back: how often a camera's stamp went back.
        duplicates: images dropped because their camera had that stamp already.
        late: images dropped because they came more than a second after a later one.
    """

    rows: IntArray
    ranks: IntArray
    jumps_back: int
    duplicates: int
    late: int

    @property
    def dropped(self) -> int:
        """Return how many images are left out."""
        return self.duplicates + self.late


def order_stamps(stamps_ns: IntArray, cameras: IntArray, *, streamed: bool) -> StampOrder:
    """Order images by stamp, then camera.

    Args:
        stamps_ns: (N,) in the order the images come.
        cameras: (N,) index of each image's camera.
        streamed: images come one after the other and cannot be fetched again, so late ones go.
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
