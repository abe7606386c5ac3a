# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The recognizer that the parameters of the node configure: in a map, or in a session."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.gallery_map import GALLERY_NETWORK, GalleryMap
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.space_check import check_space
from avpr_ros.ros.common.parameter_table import how_to_set
from avpr_ros.ros.localizer.modes import MODES, LocalizerMode, MapMode
from avpr_ros.ros.localizer.parameters import Settings, match_settings
from avpr_ros.runtime.map_network import in_space_of, open_query_network
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.runtime.query_network import QueryNetwork


@dataclass(frozen=True, kw_only=True)
class NodeRecognizer(Recognizer):
    """Recognizer of the node's worker; replaced as a whole, never changed.

    Attributes:
        mode: with a map, or with the running session.
    """

    mode: LocalizerMode

    @classmethod
    def open(cls, settings: Settings, feature_executor: Executor | None = None) -> NodeRecognizer:
        """Open map and query network and check that they belong together.

        Args:
            settings: the parameters; in mode ``loop_closing`` there is no map: an empty session
                takes its place.
            feature_executor: see ``Recognizer``; the caller shuts it down.

        Raises:
            ConfigError: a parameter is missing or does not go with the mode.
            MapError: the map is missing, damaged or of an unknown version.
            QueryNetworkError: the query network is missing, damaged or cannot be run.
            SpaceMismatchError: they are of different descriptor spaces.
        """
        mode: LocalizerMode
        if not settings.query_network and settings.mode == 'localize':
            mode = MapMode.open(settings)
            network = _network_of(mode, settings)
        else:
            network = _open_network(settings)
            mode = MODES[settings.mode].open(settings, network.manifest)
        return cls.from_mode(mode, network, settings, feature_executor)

    @classmethod
    def from_mode(
        cls,
        mode: LocalizerMode,
        network: QueryNetwork,
        settings: Settings,
        feature_executor: Executor | None = None,
    ) -> NodeRecognizer:
        """Return the recognizer of an opened map or session.

        Raises:
            SpaceMismatchError: map and query network are of different descriptor spaces.
        """
        network = in_space_of(network, mode.gallery)
        check_space(network.manifest, mode.gallery.manifest)
        calibration = mode.calibration(network.manifest)
        return cls(
            mode.gallery,
            network,
            Matcher(mode.gallery, calibration, match_settings(settings)),
            feature_executor,
            mode.after_match,
            mode=mode,
        )

    def with_settings(self, settings: Settings) -> NodeRecognizer:
        """Return the same map and network with other thresholds and scales.

        Raises:
            ConfigError: settings that do not go with the mode.
        """
        self.mode.check(settings)
        return self.from_mode(self.mode, self.network, settings, self.feature_executor)

    def restarted(self, settings: Settings) -> NodeRecognizer:
        """Return the recognizer to go on with after a jump of clock or odometry."""
        mode = self.mode.restarted(settings, self.network.manifest)
        if mode is self.mode:
            self.matcher.forget()
            return self
        return self.from_mode(mode, self.network, settings, self.feature_executor)

    def reopened(self, settings: Settings) -> NodeRecognizer:
        """Return the recognizer with map and query network read again.

        Raises:
            ConfigError: the mode has no map.
            AvprError: as :meth:`open`.
        """
        mode = self.mode.reopened(settings, self.network.manifest)
        network = _network_of(mode, settings)
        return self.from_mode(mode, network, settings, self.feature_executor)


def _network_of(mode: LocalizerMode, settings: Settings) -> OnnxQueryNetwork:
    """Open the network of the parameter; where that is empty, the one in the map, if any."""
    gallery = mode.gallery
    if settings.query_network or not isinstance(gallery, GalleryMap):
        return _open_network(settings)
    if GALLERY_NETWORK not in gallery.files:
        return _open_network(settings)
    return open_query_network(gallery, None, settings.inference_threads)


def _open_network(settings: Settings) -> OnnxQueryNetwork:
    if not settings.query_network:
        raise ConfigError(
            "Parameter 'query_network' is empty; give the ONNX file of the query network: "
            f'{how_to_set("query_network")}.'
        )
    path = Path(settings.query_network).expanduser()
    return OnnxQueryNetwork.open(path, threads=settings.inference_threads)
