# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Order images by stamp; count duplicate, late and decreasing stamps."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import IntArray
from avpr_ros.stamps import NS_PER_S

#: An image this far behind an earlier one of its camera is dropped: sorting it would need all
#: images in between in memory.
LATE_NS = NS_PER_S
#: Images this far from all others, and few of them, have a wrong date.
_FAR_NS = 3600 * NS_PER_S
_MOST_MISDATED_SHARE = 0.02


@dataclass(frozen=True, eq=False)
class StampOrder:
    """Order by stamp of N images, given in recorded order.

    Attributes:
        rows: (M,) indices of the images that are kept, in stamp order, M <= N.
        ranks: (N,) position of each image in ``rows``; -1: dropped.
        jumps_back: number of times a camera's stamp decreases.
        duplicates: images dropped because of a repeated stamp of their camera.
        late: images dropped because they are more than ``LATE_NS`` out of their camera's order.
        misdated: images dropped because their stamp is an hour or more from all others.
        interleaved: whether the cameras follow each other within ``LATE_NS``.
    """

    rows: IntArray
    ranks: IntArray
    jumps_back: int
    duplicates: int
    late: int
    misdated: int = 0
    interleaved: bool = True

    @property
    def dropped(self) -> int:
        """Number of dropped images."""
        return self.duplicates + self.late + self.misdated

    def among(self, rows: IntArray, count: int) -> StampOrder:
        """Return the order where the N images are some rows of more, the others being dropped."""
        ranks = np.full(count, -1, dtype=np.int64)
        ranks[rows] = self.ranks
        return replace(self, rows=np.asarray(rows[self.rows], dtype=np.int64), ranks=ranks)


def order_stamps(stamps_ns: IntArray, cameras: IntArray, *, streamed: bool) -> StampOrder:
    """Order images by stamp, then camera.

    Args:
        stamps_ns: (N,) in recorded order.
        cameras: (N,) index of each image's camera.
        streamed: images are read sequentially, so late ones are dropped.
    """
    keys = np.stack([stamps_ns, cameras], axis=1)
    _, first = np.unique(keys, axis=0, return_index=True)
    once = np.zeros(len(stamps_ns), dtype=np.bool_)
    once[first] = True
    misdated: NDArray[np.bool_] = np.zeros(len(stamps_ns), dtype=np.bool_)
    late = misdated.copy()
    for camera in np.unique(cameras):
        own = np.flatnonzero((cameras == camera) & once)
        misdated[own] = _misdated(stamps_ns[own])
        if streamed:
            dated = own[~misdated[own]]
            late[dated] = _out_of_order(stamps_ns[dated])
    kept = np.flatnonzero(once & ~late & ~misdated)
    rows = kept[np.lexsort((cameras[kept], stamps_ns[kept]))]
    ranks = np.full(len(stamps_ns), -1, dtype=np.int64)
    ranks[rows] = np.arange(len(rows))
    jumps = sum(int((np.diff(stamps_ns[cameras == c]) < 0).sum()) for c in np.unique(cameras))
    behind = np.maximum.accumulate(stamps_ns[kept]) - stamps_ns[kept] if len(kept) else kept
    return StampOrder(
        rows,
        ranks,
        jumps,
        int((~once).sum()),
        int(late.sum()),
        int(misdated.sum()),
        interleaved=bool((behind <= LATE_NS).all()),
    )


def _misdated(stamps_ns: IntArray) -> NDArray[np.bool_]:
    """Return which images are few and far in time from the bulk of them."""
    order = np.argsort(stamps_ns, kind='stable')
    group = np.concatenate([[0], np.cumsum(np.diff(stamps_ns[order]) > _FAR_NS)])
    sizes = np.bincount(group)
    few = max(1, int(_MOST_MISDATED_SHARE * len(stamps_ns)))
    apart: NDArray[np.bool_] = np.zeros(len(stamps_ns), dtype=np.bool_)
    if len(sizes) > 1 and sizes.max() > few:
        apart[order] = (sizes <= few)[group]
    return apart


def _out_of_order(stamps_ns: IntArray) -> NDArray[np.bool_]:
    """Return which images of one camera are out of order.

    Those behind an earlier one, or those off the longest ascending sequence of stamps, whichever
    are fewer: one stamp too far ahead costs one image, not all that follow.
    """
    late = np.maximum.accumulate(stamps_ns) - stamps_ns > LATE_NS
    if not late.any():
        return np.asarray(late)
    off = _off_sequence(stamps_ns)
    return np.asarray(late if late.sum() <= off.sum() else off)


def _off_sequence(stamps_ns: IntArray) -> NDArray[np.bool_]:
    """Return which images do not fit the longest ascending sequence of stamps."""
    ends: list[int] = []
    rows: list[int] = []
    before = np.full(len(stamps_ns), -1, dtype=np.int64)
    for row, stamp in enumerate(stamps_ns.tolist()):
        place = bisect_left(ends, stamp)
        before[row] = rows[place - 1] if place else -1
        ends[place : place + 1] = [stamp]
        rows[place : place + 1] = [row]
    chain = []
    row = rows[-1] if rows else -1
    while row >= 0:
        chain.append(row)
        row = int(before[row])
    sequence = np.array(chain[::-1], dtype=np.int64)
    places = np.searchsorted(sequence, np.arange(len(stamps_ns)), side='right')
    sorted_ns = stamps_ns[sequence]
    last = sorted_ns[np.maximum(places - 1, 0)]
    following = sorted_ns[np.minimum(places, len(sequence) - 1)]
    behind = (places > 0) & (last - stamps_ns > LATE_NS)
    ahead = (places < len(sequence)) & (stamps_ns - following > LATE_NS)
    return np.asarray(behind | ahead)
