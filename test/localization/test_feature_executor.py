# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from avpr_ros.localization.query import Query
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.result import Reason
from avpr_ros.verification.sift import extract_features

SQUARES = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
IMAGE = np.kron(SQUARES, np.ones((10, 10, 1), np.uint8))


@pytest.mark.parametrize('uses_features', [True, False])
def test_features_of_the_executor_are_those_of_the_image(uses_features: bool) -> None:
    queries: list[Query] = []
    matcher: Any = SimpleNamespace(
        match=queries.append,
        uses_local_features=uses_features,
        extract=lambda image, camera, intrinsics: (extract_features(image),),
    )
    network: Any = SimpleNamespace(describe=lambda image: np.ones(4, np.float32))
    gallery: Any = None
    with ThreadPoolExecutor(1) as executor:
        Recognizer(gallery, network, matcher, executor).recognize(IMAGE, 7, 'front')
    Recognizer(gallery, network, matcher).recognize(IMAGE, 8, 'front')
    apart, after = queries
    assert after.features is None
    if not uses_features:
        assert apart.features is None
        return
    expected = extract_features(IMAGE)
    assert apart.features is not None and len(expected) > 10
    (found,) = apart.features
    np.testing.assert_array_equal(found.points_px, expected.points_px)
    np.testing.assert_array_equal(found.descriptors, expected.descriptors)


def test_images_without_structure_are_rejected_before_the_network() -> None:
    calls: list[Any] = []
    matcher: Any = SimpleNamespace(match=calls.append, uses_local_features=False)
    network: Any = SimpleNamespace(describe=calls.append)
    gallery: Any = None
    recognizer = Recognizer(gallery, network, matcher, after_match=calls.append)

    result = recognizer.recognize(np.zeros_like(IMAGE), 7, 'front')

    assert (result.reason, result.pose, result.candidates) == (Reason.NOTHING_VISIBLE, None, ())
    assert 'it is dark' in result.text
    assert calls == []
