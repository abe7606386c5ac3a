# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node's two modes: localisation in a map, and loop closing in the running session."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol, TypeAlias

from builtin_interfaces.msg import Time
from geometry_msgs.msg import PoseArray
from nav_msgs.msg import Path as PathMessage

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.query import Query
from avpr_ros.localization.recognizer import map_calibration
from avpr_ros.ros.common import messages
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.common.parameter_table import how_to_set
from avpr_ros.ros.localizer.online_mode import OnlineMode
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.runtime.query_manifest import QueryManifest
from avpr_ros.storage.signature import TrustedKeys

KeyframesMessage: TypeAlias = PoseArray | PathMessage


class LocalizerMode(Protocol):
    """What differs between the modes.

    Attributes:
        publishes_pose: whether an accepted match is published as a pose too, or as an edge only.
    """

    publishes_pose: ClassVar[bool]

    @property
    def gallery(self) -> Gallery:
        """The map, or the running session."""
        ...

    def check(self, settings: Settings) -> None:
        """Check settings that may change while the node runs.

        Raises:
            ConfigError: one of them does not go with the mode.
        """
        ...

    def calibration(self, query: QueryManifest) -> Calibration | None:
        """Return the calibration that holds for the scores of a query network."""
        ...

    def after_match(self, query: Query) -> None:
        """Take note of a query that was matched, accepted or not."""
        ...

    def restarted(self, settings: Settings, query: QueryManifest) -> LocalizerMode:
        """Return the mode to go on with after a jump of clock or odometry; possibly itself."""
        ...

    def reopened(self, settings: Settings, query: QueryManifest) -> LocalizerMode:
        """Return the mode with its map read again.

        Raises:
            ConfigError: the mode has no map.
            MapError: the map is missing, damaged or of an unknown version.
        """
        ...

    def restart_note(self, after: LocalizerMode) -> str | None:
        """Return what a restart did to the session, in one sentence; None where nothing.

        Args:
            after: the mode to go on with.
        """
        ...

    def save(self, folder: str) -> str:
        """Write the session as a map and return a sentence on it.

        Raises:
            ConfigError: the mode has no session, or ``folder`` is empty.
            MapError: the session is empty or cannot be written.
        """
        ...

    def condition(self, warning: str | None) -> tuple[Level, str]:
        """Return level and sentence for the diagnostics.

        Args:
            warning: of the matcher; why it accepts nothing.
        """
        ...

    def keyframes_message(self, stamp: Time, frame: str) -> KeyframesMessage:
        """Return the keyframes as a message."""
        ...


@dataclass(frozen=True)
class MapMode:
    """Localisation in a gallery map.

    Attributes:
        gallery: the opened map.
    """

    gallery: GalleryMap
    publishes_pose: ClassVar[bool] = True

    @classmethod
    def open(cls, settings: Settings, _query: QueryManifest | None = None) -> MapMode:
        """Open the map; see :meth:`LocalizerMode.reopened` for the errors."""
        if not settings.map_path:
            raise ConfigError(
                "Parameter 'map_path' is empty; give the folder of the gallery map: "
                f'{how_to_set("map_path")}.'
            )
        keys = settings.trusted_map_keys
        trusted = TrustedKeys.load(Path(keys).expanduser()) if keys else None
        gallery = GalleryMap.open(Path(settings.map_path).expanduser(), trusted=trusted)
        _ = gallery.warnings  # read here: the diagnostics must not fail on a damaged file
        return cls(gallery)

    def check(self, settings: Settings) -> None:
        """Accept every setting: see ``LocalizerMode``."""

    def calibration(self, query: QueryManifest) -> Calibration | None:
        """Return the calibration of the query network, else that of the map."""
        return map_calibration(self.gallery, query)

    def after_match(self, query: Query) -> None:
        """Leave the map as it is: see ``LocalizerMode``."""

    def restarted(self, settings: Settings, query: QueryManifest) -> MapMode:
        """Return itself: a map does not depend on the clock."""
        return self

    def restart_note(self, after: LocalizerMode) -> None:
        """Return nothing: see ``LocalizerMode``."""
        return

    def reopened(self, settings: Settings, query: QueryManifest) -> MapMode:
        """See ``LocalizerMode``."""
        return self.open(settings, query)

    def save(self, folder: str) -> str:
        """Refuse: see ``LocalizerMode``."""
        raise ConfigError('only mode loop_closing has a session to be saved.')

    def condition(self, warning: str | None) -> tuple[Level, str]:
        """See ``LocalizerMode``."""
        count = len(self.gallery.keyframes)
        if change := self.gallery.state.change():
            return Level.WARN, (
                f'The map on disk was changed after it was loaded ({change}); the one in use has '
                f'{count} keyframes: call ~/reload_map.'
            )
        if warnings := [*filter(None, [warning]), *self.gallery.warnings]:
            text = ' '.join(one.rstrip('.') + '.' for one in warnings)
            return Level.WARN, f'{count} keyframes loaded; {text}'
        return Level.OK, f'{count} keyframes loaded.'

    def keyframes_message(self, stamp: Time, frame: str) -> PoseArray:
        """Return the poses of the keyframes, by row."""
        return messages.keyframes_message(self.gallery.keyframes.poses, stamp, frame)


#: The modes by the value of the parameter ``mode``.
MODES: dict[str, type[MapMode] | type[OnlineMode]] = {
    'localize': MapMode,
    'loop_closing': OnlineMode,
}
