# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from itertools import combinations

import numpy as np

from avpr_ros.localization.checks.clique import largest_clique_with


def brute_force(index: int, adjacency: np.ndarray) -> int:
    """Return the size by looking at every subset."""
    others = [i for i in range(len(adjacency)) if i != index]
    for size in range(len(others), -1, -1):
        for chosen in combinations(others, size):
            nodes = (index, *chosen)
            if all(adjacency[a, b] for a, b in combinations(nodes, 2)):
                return len(nodes)
    return 0


def test_the_largest_clique_is_found_on_random_graphs():
    rng = np.random.default_rng(0)
    for _ in range(60):
        upper = np.triu(rng.random((9, 9)) < rng.uniform(0.2, 0.9), 1)
        adjacency = upper | upper.T
        index = int(rng.integers(9))
        found = largest_clique_with(index, adjacency)
        assert index in found
        assert all(adjacency[a, b] for a, b in combinations(found, 2))
        assert len(found) == brute_force(index, adjacency)


def test_a_node_alone_is_its_own_clique():
    assert largest_clique_with(0, np.zeros((1, 1), bool)) == [0]
