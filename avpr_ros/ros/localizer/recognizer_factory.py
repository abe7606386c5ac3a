# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The recogniser as the parameters of the node ask for it: in a map, or in a session."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
import os
from pathlib import Path

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.manifest import SpaceInfo
from avpr_ros.gallery.online_gallery import OnlineGallery, SessionSettings
from avpr_ros.localization import recognizer
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.space_check import check_space
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.runtime.query_network import QueryNetwork


class NodeRecognizer(recognizer.Recognizer):
    """What the worker runs on each image, as the node's parameters ask for it."""

    @classmethod
    def open(cls, settings: Settings) -> NodeRecognizer:
        """Open map and query network and check that they belong together.

        In mode ``loop_closing`` there is no map: an empty session takes its place.

        Raises:
            ConfigError: ``map`` or ``query`` is not given.
            MapError: the map is missing, damaged or of an unknown version.
            QueryNetworkError: the query network is missing, damaged or cannot be run.
            SpaceMismatchError: they are of different descriptor spaces.
        """
        session = settings.mode == 'loop_closing'
        _check(settings, session)
        given = None if session else GalleryMap.open(Path(settings.map_path).expanduser())
        network = OnnxQueryNetwork.open(
            Path(settings.query_network).expanduser(), threads=settings.inference_threads
        )
        gallery = _session(network, settings) if given is None else given
        check_space(network.manifest, gallery.manifest)
        several = len(os.sched_getaffinity(0)) > 1
        beside = ThreadPoolExecutor(1, 'avpr_corners') if several else None
        return cls(gallery, network, _matcher(gallery, network, settings), beside)

    def with_settings(self, settings: Settings) -> NodeRecognizer:
        """Return the same map and network with other thresholds and scales.

        Raises:
            ConfigError: parameters that do not go with the mode.
        """
        _check(settings, isinstance(self.gallery, OnlineGallery))
        return replace(self, matcher=_matcher(self.gallery, self.network, settings))

    def restarted(self, settings: Settings) -> NodeRecognizer:
        """Return what goes on after a jump of clock or odometry: a session begins anew."""
        if not isinstance(self.gallery, OnlineGallery):
            self.matcher.forget()
            return self
        gallery = _session(self.network, settings)
        matcher = _matcher(gallery, self.network, settings)
        return replace(self, gallery=gallery, matcher=matcher)


def _check(settings: Settings, session: bool) -> None:
    """Refuse parameters that miss, or that do not go with the mode."""
    wanted = [('query_network', 'ONNX file')]
    wanted += [] if session else [('map_path', 'folder of the gallery map')]
    for name, what in wanted:
        if not getattr(settings, name):
            raise ConfigError(
                f"Parameter '{name}' is empty; give the {what}, e.g. -p {name}:=PATH."
            )
    if session and settings.map_path:
        raise ConfigError(
            f"Parameter 'map_path' is '{settings.map_path}', and mode loop_closing uses no map; "
            "leave it empty, or set mode to 'localize'."
        )
    if session and settings.temporal_filter == 'bayes':
        raise ConfigError(
            "Parameter 'temporal_filter' is 'bayes', which needs a map; use 'consistency' in mode "
            'loop_closing.'
        )


def _session(network: QueryNetwork, settings: Settings) -> OnlineGallery:
    manifest = network.manifest
    return OnlineGallery(
        SessionSettings(
            settings.keyframe_distance_m,
            settings.keyframe_rotation_rad,
            settings.min_loop_travel_m,
            settings.max_keyframes,
        ),
        SpaceInfo(manifest.space_id, manifest.network, manifest.dim, manifest.input_px),
        settings.cameras,
        settings.map_frame or 'odom',
    )


def _matcher(gallery: Gallery, network: QueryNetwork, settings: Settings) -> Matcher:
    return recognizer.matcher_of(
        gallery,
        network,
        MatchSettings(
            top_k=settings.top_k,
            min_probability=settings.min_probability,
            min_similarity=None if settings.min_similarity <= -1.0 else settings.min_similarity,
            min_ratio=settings.min_ratio,
            distinct_radius_m=settings.distinct_radius_m or None,
            temporal_filter=settings.temporal_filter,
            max_speed_m_s=settings.max_speed_m_s,
            use_odometry=settings.use_odometry,
            use_landmarks=settings.use_landmarks,
            cool_down_s=settings.cool_down_s,
            position_covariance_scale=settings.position_covariance_scale,
            yaw_covariance_scale=settings.yaw_covariance_scale,
        ),
    )
