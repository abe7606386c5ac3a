# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The largest set of mutually consistent matches that holds a given one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def largest_clique_with(index: int, consistent: NDArray[np.bool_]) -> list[int]:
    """Return the largest clique of a graph among those that contain one node.

    Exact, by branch and bound over the neighbours of the node; meant for graphs of a dozen nodes.

    Args:
        index: the node that must be in it.
        consistent: (n, n) symmetric adjacency; the diagonal is ignored.

    Returns:
        The clique's nodes in ascending order, ``index`` among them.
    """
    best: list[int] = []

    def grow(clique: list[int], open_nodes: list[int]) -> None:
        nonlocal best
        if len(clique) > len(best):
            best = clique
        for place, node in enumerate(open_nodes):
            if len(clique) + len(open_nodes) - place <= len(best):
                return
            grow(
                [*clique, node],
                [other for other in open_nodes[place + 1 :] if consistent[node, other]],
            )

    grow([index], [i for i in range(len(consistent)) if i != index and consistent[index, i]])
    return sorted(best)
