# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.local_features.features import KINDS, ROOT_SIFT, XFEAT, FeatureKind


@pytest.mark.parametrize('kind', KINDS.values(), ids=str)
def test_packed_descriptors_are_unpacked_as_they_were(kind: FeatureKind) -> None:
    rng = np.random.default_rng(1)
    low, high = (-8, 8) if kind.bits == 4 else (0, 256)
    descriptors = rng.integers(low, high, (50, kind.width)).astype(kind.dtype)
    stored = kind.pack(descriptors)
    assert stored.shape == (50, kind.stored_width)
    assert stored.dtype == kind.stored_dtype
    unpacked = kind.unpack(stored)
    assert unpacked.dtype == kind.dtype
    np.testing.assert_array_equal(unpacked, descriptors)


def test_learned_descriptors_take_half_a_byte_a_number() -> None:
    assert (ROOT_SIFT.stored_width, XFEAT.stored_width) == (128, 32)


def test_quantised_descriptors_keep_their_angles() -> None:
    vectors = np.random.default_rng(2).normal(size=(200, XFEAT.width)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    quantised = XFEAT.quantise(vectors)
    assert quantised.min() >= -8
    assert quantised.max() <= 7
    again = quantised / np.linalg.norm(quantised.astype(np.float32), axis=1, keepdims=True)
    assert np.einsum('ij,ij->i', vectors, again).min() > 0.98
