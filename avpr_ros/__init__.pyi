# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0

from avpr_ros.api.evaluation import evaluate
from avpr_ros.api.maps import append_to_map, build_map
from avpr_ros.api.recognition import PlaceRecognizer, localize
from avpr_ros.api.training import train_query_network
from avpr_ros.errors import AvprError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.sources.options import SourceOptions

__version__: str

__all__ = [
    'AvprError',
    'GalleryMap',
    'MatchResult',
    'MatchSettings',
    'OnnxQueryNetwork',
    'PlaceRecognizer',
    'Pose',
    'Reason',
    'SourceOptions',
    'append_to_map',
    'build_map',
    'evaluate',
    'localize',
    'train_query_network',
]
