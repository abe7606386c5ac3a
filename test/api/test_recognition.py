# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import cv2
import numpy as np
import pytest

from avpr_ros import GalleryMap, PlaceRecognizer, Reason, build_map, evaluate, localize
from avpr_ros.errors import ConfigError, ImageDecodeError
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork


@pytest.fixture
def map_and_query(avpr, walk, tmp_path, angle_network) -> tuple[str, str]:
    build_map(walk, tmp_path / 'map', landmarks=False)
    return str(tmp_path / 'map'), str(angle_network(tmp_path / 'map'))


def test_a_single_image_is_accepted_in_three_lines(map_and_query, walk) -> None:
    image = cv2.imread(str(walk / '004.png'))
    recognizer = PlaceRecognizer.open(*map_and_query)
    result = recognizer.recognize(image)
    assert result.accepted
    assert result.reason is Reason.ACCEPTED
    assert np.allclose(result.pose.translation_m, [4, 0, 0], atol=0.01)
    assert result.candidates[0].keyframe_id == 4
    assert result.text


def test_a_rejected_image_has_a_reason_and_no_pose(map_and_query, walk) -> None:
    recognizer = PlaceRecognizer.open(*map_and_query, min_ratio=50.0)
    result = recognizer.recognize(cv2.imread(str(walk / '004.png')))
    assert (result.accepted, result.pose, result.reason) == (False, None, Reason.AMBIGUOUS)


def test_recognizer_open_accepts_map_and_rejects_unknown_setting(map_and_query) -> None:
    gallery = GalleryMap.open(map_and_query[0])
    assert PlaceRecognizer.open(gallery, map_and_query[1]).gallery is gallery
    assert OnnxQueryNetwork.open(map_and_query[1]).manifest.dim == 2
    with pytest.raises(ConfigError, match=r'unknown setting min_rato; there are .*min_ratio'):
        PlaceRecognizer.open(gallery, map_and_query[1], min_rato=2.0)


def test_localize_yields_one_result_an_image_and_the_error_of_a_broken_one(
    map_and_query, walk
) -> None:
    (walk / '003.png').write_bytes(b'no image')
    (walk / 'poses.csv').unlink()
    results = list(localize(str(walk), *map_and_query))
    assert len(results) == 12
    assert [isinstance(r, ImageDecodeError) for r in results].index(True) == 3
    assert results[-1].accepted


def test_evaluate_measures_recall_of_the_query_network(map_and_query, walk) -> None:
    evaluation = evaluate(str(walk), *map_and_query, radius_m=0.5)
    assert evaluation.pairs[0].score.recall[1] == 1.0
