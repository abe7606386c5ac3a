# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

import numpy as np
import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import no_progress
from avpr_ros.networks.extraction import SHARD, Extraction, prefetched

COUNT = 2 * SHARD + 5


def pictures(count=COUNT):
    for number in range(count):
        yield np.full((6, 9, 3), number, dtype=np.uint8)


class Network:
    """Describes an image by its grey; breaks after so many batches."""

    def __init__(self, breaks_after=10**9):
        self.seen, self.left = 0, breaks_after

    def __call__(self, batch):
        if self.left == 0:
            raise OSError('power cut')
        self.left -= 1
        self.seen += len(batch)
        return batch[:, 0, 0, :1].astype(np.float32)


def test_rows_come_in_the_order_of_the_images(tmp_path):
    rows, network = np.zeros((COUNT, 1), np.float32), Network()
    Extraction(network, tmp_path / 'shards', 4).fill(rows, pictures(), no_progress)
    assert rows[:, 0].tolist() == list(range(COUNT))


def test_a_run_that_was_cut_off_goes_on_at_its_last_shard(tmp_path):
    rows = np.zeros((COUNT, 1), np.float32)
    with pytest.raises(OSError, match='power cut'):
        Extraction(Network(6), tmp_path / 's', 4).fill(rows, pictures(), no_progress)
    rows[:], network = 0, Network()
    second = Extraction(network, tmp_path / 's', 4)
    second.fill(rows, pictures(), no_progress)
    assert (second.reused, network.seen) == (SHARD, COUNT - SHARD)
    assert rows[:, 0].tolist() == list(range(COUNT))


def test_damaged_shard_is_recomputed(tmp_path):
    rows = np.zeros((COUNT, 1), np.float32)
    Extraction(Network(), tmp_path / 's', 4).fill(rows, pictures(), no_progress)
    next((tmp_path / 's').glob('*.npy')).write_bytes(b'half')
    network = Network()
    Extraction(network, tmp_path / 's', 4).fill(rows, pictures(), no_progress)
    assert 0 < network.seen <= SHARD
    changed = (image + 1 for image in pictures())
    extraction = Extraction(Network(), tmp_path / 's', 4)
    extraction.fill(rows, changed, no_progress)
    assert extraction.reused == 0
    assert rows[0, 0] == 1
    extraction.forget()
    assert not (tmp_path / 's').exists()


@pytest.mark.parametrize('expected', [COUNT - 1, COUNT + 1])
def test_another_number_of_images_is_refused(tmp_path, expected):
    rows = np.zeros((expected, 1), np.float32)
    with pytest.raises(MapError, match=r'instead of the expected|more than the expected'):
        Extraction(Network(), tmp_path, 4).fill(rows, pictures(), no_progress)


def test_an_error_of_the_walk_reaches_the_caller_and_its_thread_ends():
    def broken():
        yield from pictures(3)
        raise ValueError('unreadable')

    before, seen = threading.active_count(), 0
    with pytest.raises(ValueError, match='unreadable'):
        for batch in prefetched(broken(), 4):
            seen += len(batch)
    assert seen == 3
    assert threading.active_count() == before


def test_little_is_decoded_ahead_of_the_network():
    taken = []
    walk = (taken.append(1) or image for image in pictures(500))
    batches = prefetched(walk, 4)
    next(batches)
    batches.close()
    assert len(taken) < 60
