# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The mode ``loop_closing``: the running session takes the place of a map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from builtin_interfaces.msg import Time
from nav_msgs.msg import Path as PathMessage

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.descriptor_space import SpaceInfo
from avpr_ros.gallery.online_gallery import OnlineGallery, SessionSettings
from avpr_ros.localization.query import Query
from avpr_ros.mapping.session_export import save_session
from avpr_ros.ros.common import messages
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.common.parameter_table import how_to_set
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.runtime.query_manifest import QueryManifest


@dataclass(frozen=True)
class OnlineMode:
    """Loop closing without a map.

    Attributes:
        gallery: the running session.
        ended: sessions of before, each with its number from 1, oldest first; together they have
            no more keyframes than one session may have.
        number: of the running session.
    """

    gallery: OnlineGallery
    ended: tuple[tuple[int, OnlineGallery], ...] = ()
    number: int = 1
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
        """Begin a new session: the keyframes' poses are in an odometry frame that has ended.

        The old one is kept for ``save``, as long as there is room.
        """
        ended = [*self.ended, (self.number, self.gallery)] if len(self.gallery) else [*self.ended]
        while sum(len(session) for _, session in ended) > settings.max_keyframes:
            del ended[0]
        number = self.number + 1 if len(self.gallery) else self.number
        return replace(self.open(settings, query), ended=tuple(ended), number=number)

    def restart_note(self, after: object) -> str | None:
        """See ``LocalizerMode``."""
        if after is self or not isinstance(after, OnlineMode) or not len(self.gallery):
            return None
        kept = {n for n, _ in after.ended}
        lost = [
            f'{len(session)} keyframes of session {n} are discarded for want of room '
            '(max_keyframes)'
            for n, session in (*self.ended, (self.number, self.gallery))
            if n not in kept
        ]
        ending = f'Session {self.number} ends with {len(self.gallery)} keyframes, a new one begins'
        return '; '.join([ending, *lost, 'call ~/save_map to write what is kept.'])

    def reopened(self, settings: Settings, query: QueryManifest) -> OnlineMode:
        """Refuse: see ``LocalizerMode``."""
        raise ConfigError('mode loop_closing reads no map.')

    def save(self, folder: str) -> str:
        """See ``LocalizerMode``."""
        if not folder:
            raise ConfigError(
                f"parameter 'save_path' is empty; start with a folder: {how_to_set('save_path')}."
            )
        path = Path(folder).expanduser()
        places = [(path.with_name(f'{path.name}_session{n}'), one) for n, one in self.ended]
        if len(self.gallery) or not places:
            places.append((path, self.gallery))
        saved = [(save_session(session, place), place) for place, session in places]
        return ' '.join(f'{count} keyframes are in {place}.' for count, place in saved)

    def condition(self, warning: str | None) -> tuple[Level, str]:
        """See ``LocalizerMode``."""
        count = len(self.gallery.keyframes)
        if self.gallery.full:
            text = f'{count} keyframes, which is max_keyframes: no more are taken'
            return Level.WARN, f'{text}{self._kept()}.'
        if not count:
            text = 'No keyframe yet; they need images and odometry, see their reports'
            return Level.WARN, f'{text}{self._kept()}.'
        return Level.OK, f'{count} keyframes of this session{self._kept()}.'

    def _kept(self) -> str:
        if not self.ended:
            return ''
        kept = ', '.join(f'{n} with {len(session)}' for n, session in self.ended)
        return f'; ended sessions are kept until ~/save_map writes them (keyframes: {kept})'

    def keyframes_message(self, stamp: Time, frame: str) -> PathMessage:
        """Return the path along the keyframes, with the stamp of each."""
        keyframes = self.gallery.keyframes
        return messages.path_message(keyframes.poses, keyframes.stamps_ns, stamp, frame)
