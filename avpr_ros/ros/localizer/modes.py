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
from avpr_ros.gallery.manifest import SpaceInfo
from avpr_ros.gallery.online_gallery import OnlineGallery, SessionSettings
from avpr_ros.localization.query import Query
from avpr_ros.localization.recognizer import map_calibration
from avpr_ros.mapping.session_export import save_session
from avpr_ros.ros.common import messages
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.common.parameter_table import how_to_set
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.runtime.query_manifest import QueryManifest

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
    def open(cls, settings: Settings, _query: QueryManifest) -> MapMode:
        """Open the map; see :meth:`LocalizerMode.reopened` for the errors."""
        if not settings.map_path:
            raise ConfigError(
                "Parameter 'map_path' is empty; give the folder of the gallery map: "
                f'{how_to_set("map_path")}.'
            )
        return cls(GalleryMap.open(Path(settings.map_path).expanduser()))

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

    def reopened(self, settings: Settings, query: QueryManifest) -> MapMode:
        """See ``LocalizerMode``."""
        return self.open(settings, query)

    def save(self, folder: str) -> str:
        """Refuse: see ``LocalizerMode``."""
        raise ConfigError('only mode loop_closing has a session to be saved.')

    def condition(self, warning: str | None) -> tuple[Level, str]:
        """See ``LocalizerMode``."""
        count = len(self.gallery.keyframes)
        if warnings := [*filter(None, [warning]), *self.gallery.warnings]:
            text = ' '.join(one.rstrip('.') + '.' for one in warnings)
            return Level.WARN, f'{count} keyframes loaded; {text}'
        return Level.OK, f'{count} keyframes loaded.'

    def keyframes_message(self, stamp: Time, frame: str) -> PoseArray:
        """Return the poses of the keyframes, by row."""
        return messages.keyframes_message(self.gallery.keyframes.poses, stamp, frame)


@dataclass(frozen=True)
class OnlineMode:
    """Loop closing without a map.

    Attributes:
        gallery: the running session.
    """

    gallery: OnlineGallery
    #: The pose would be odometry's own, with its drift.
    publishes_pose: ClassVar[bool] = False

    @classmethod
    def open(cls, settings: Settings, query: QueryManifest) -> OnlineMode:
        """Begin an empty session.

        Raises:
            ConfigError: a setting that needs a map.
        """
        if settings.map_path:
            raise ConfigError(
                f"Parameter 'map_path' is '{settings.map_path}', and mode loop_closing uses no "
                "map; leave it empty, or set mode to 'localize'."
            )
        session = SessionSettings(
            settings.keyframe_distance_m,
            settings.keyframe_rotation_rad,
            settings.min_loop_travel_m,
            settings.max_keyframes,
        )
        space = SpaceInfo(query.space_id, query.network, query.dim, query.input_px)
        frame = settings.map_frame or 'odom'
        mode = cls(OnlineGallery(session, space, settings.cameras, frame))
        mode.check(settings)
        return mode

    def check(self, settings: Settings) -> None:
        """See ``LocalizerMode``."""
        if settings.temporal_filter == 'bayes':
            raise ConfigError(
                "Parameter 'temporal_filter' is 'bayes', which needs a map; use 'consistency' in "
                'mode loop_closing.'
            )

    def calibration(self, query: QueryManifest) -> None:
        """Return none: calibrations hold for the map that they were fitted on."""
        return

    def after_match(self, query: Query) -> None:
        """Add a keyframe where the robot has moved far enough by odometry."""
        if query.odom_from_base is not None and query.image is not None:
            self.gallery.add_keyframe_if_moved(
                query.descriptor, query.stamp_ns, query.camera, query.odom_from_base, query.image
            )

    def restarted(self, settings: Settings, query: QueryManifest) -> OnlineMode:
        """Begin a new session: the keyframes' poses are in an odometry frame that has ended."""
        return self.open(settings, query)

    def reopened(self, settings: Settings, query: QueryManifest) -> OnlineMode:
        """Refuse: see ``LocalizerMode``."""
        raise ConfigError('mode loop_closing reads no map.')

    def save(self, folder: str) -> str:
        """See ``LocalizerMode``."""
        if not folder:
            raise ConfigError(
                f"parameter 'save_path' is empty; start with a folder: {how_to_set('save_path')}."
            )
        count = save_session(self.gallery, Path(folder).expanduser())
        return f'{count} keyframes are in {folder}.'

    def condition(self, warning: str | None) -> tuple[Level, str]:
        """See ``LocalizerMode``."""
        count = len(self.gallery.keyframes)
        if self.gallery.full:
            return Level.WARN, f'{count} keyframes, which is max_keyframes: no more are taken.'
        if not count:
            return Level.WARN, 'No keyframe yet; they need images and odometry, see their reports.'
        return Level.OK, f'{count} keyframes of this session.'

    def keyframes_message(self, stamp: Time, frame: str) -> PathMessage:
        """Return the path along the keyframes, with the stamp of each."""
        keyframes = self.gallery.keyframes
        return messages.path_message(keyframes.poses, keyframes.stamps_ns, stamp, frame)


#: The modes by the value of the parameter ``mode``.
MODES: dict[str, type[MapMode] | type[OnlineMode]] = {
    'localize': MapMode,
    'loop_closing': OnlineMode,
}
