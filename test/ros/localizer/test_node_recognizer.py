# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.result import Reason
from avpr_ros.ros.localizer.modes import MapMode
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.node_recognizer import NodeRecognizer


def test_the_sequence_filter_is_switched_on_while_running(gallery: Any) -> None:
    manifest = SimpleNamespace(
        calibration=None,
        space_id=gallery.manifest.descriptor_space.id,
        dim=gallery.manifest.descriptor_space.dim,
    )
    network: Any = SimpleNamespace(manifest=manifest, describe=lambda image: np.eye(32)[7])
    recognizer = NodeRecognizer(gallery, network, Matcher(gallery, None), mode=MapMode(gallery))
    image = np.zeros((24, 36, 3), np.uint8)
    image[10:18, 14:28] = 128  # a view without any structure is refused
    assert recognizer.recognize(image, 0, 'front').reason is Reason.NOT_CALIBRATED
    following = recognizer.with_settings(
        Settings(map_path='map', query_network='query.onnx', temporal_filter='bayes')
    )
    result = following.recognize(image, 0, 'front')
    assert result.reason is Reason.TEMPORAL_INCONSISTENCY
    assert result.candidates[0].row == 7
