# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from avpr_ros.matching.matcher import Matcher
from avpr_ros.matching.result import Reason
from avpr_ros.ros.recognizer import Recognizer
from avpr_ros.ros.settings import Settings


def test_the_sequence_filter_is_switched_on_while_running(gallery: Any) -> None:
    manifest = SimpleNamespace(calibration=None)
    network: Any = SimpleNamespace(manifest=manifest, describe=lambda image: np.eye(32)[7])
    recognizer = Recognizer(gallery, network, Matcher(gallery, None))
    image = np.zeros((2, 2, 3), np.uint8)
    assert recognizer.recognize(image, 0, 'front').reason is Reason.NOT_CALIBRATED
    following = recognizer.with_settings(
        Settings(map='map', query='query.onnx', sequence='filter')
    )
    result = following.recognize(image, 0, 'front')
    assert result.reason is Reason.SEQUENCE
    assert result.candidates[0].row == 7
