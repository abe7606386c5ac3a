# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Random worlds to drive through: one random direction a place, noise on each look."""

from __future__ import annotations

import numpy as np

from avpr_ros.localization.temporal.bayes_filter import SequenceFilter
from avpr_ros.localization.temporal.sequence_places import SequencePlaces, ViewStatistics


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def world(size=300, dim=64, seed=0):
    rng = np.random.default_rng(seed)
    return unit(rng.normal(size=(size, dim))), rng


def likelihood(world, index, rng, noise=0.15):
    """Return what a camera makes of a place: (d,)."""
    return unit(world[index] + rng.normal(size=world.shape[1]) * noise)


def places_of(gallery, chain=None, pairs=None):
    """Take keyframes that follow each other for one place, unless pairs are given."""
    chain = np.zeros(len(gallery), np.int64) if chain is None else chain
    if pairs is None:
        index = np.flatnonzero(chain[1:] == chain[:-1])
        pairs = np.stack([index, index + 1], axis=1)
    return SequencePlaces.from_pairs(ViewStatistics.from_descriptors(gallery, chain), pairs)


def filter_of(gallery, chain=None, pairs=None):
    return SequenceFilter(places_of(gallery, chain, pairs))
