# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Several sources in one map: check of their frames, and the table of their keyframes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from avpr_ros.errors import CalibrationError, SourceError, UnsupportedModelError
from avpr_ros.gallery.camera_json import camera_to_json
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.mapping.keyframe_extraction import SelectedSession
from avpr_ros.sources.checks.frame_checks import shared_frame_checks
from avpr_ros.sources.frame import Camera, FrameSource
from avpr_ros.sources.frame_index import FrameIndex
from avpr_ros.sources.intrinsics import check_intrinsics


def check_sources(sources: Sequence[FrameSource | FrameIndex]) -> None:
    """Check that the poses of all sources are in one frame, and that camera models are possible.

    Raises:
        SourceError: none given, frames or geodetic origins differ, or a camera model cannot be
            computed with.
    """
    if not sources:
        raise SourceError('no source is given; give at least one bag or image folder')
    for source in sources:
        for camera in source.cameras:
            _check_camera(source.name, camera)
    for other in sources[1:]:
        for check in shared_frame_checks(sources[0], sources[0].name, other):
            raise SourceError(check.text)


def _check_camera(source: str, camera: Camera) -> None:
    """Refuse broken numbers; a model that is merely not supported is built without."""
    if camera.intrinsics is None:
        return
    try:
        check_intrinsics(camera.intrinsics)
    except UnsupportedModelError:
        return
    except CalibrationError as error:
        raise SourceError(f"{source}, intrinsics of camera '{camera.name}': {error}") from error


class CameraTable:
    """The cameras of all sources, each listed once.

    A name may occur twice when intrinsics or extrinsics differ between sources.
    """

    def __init__(
        self, sources: Sequence[FrameSource | FrameIndex], known_before: Sequence[Camera] = ()
    ) -> None:
        """List the cameras.

        Args:
            sources: whose cameras are listed.
            known_before: cameras of the map, which keep their positions.
        """
        cameras = list(known_before)
        known: list[dict[str, Any]] = [camera_to_json(camera) for camera in cameras]
        self._numbers: list[dict[str, int]] = []
        for source in sources:
            numbers = {}
            for camera in source.cameras:
                facts = camera_to_json(camera)
                if facts not in known:
                    known.append(facts)
                    cameras.append(camera)
                numbers[camera.name] = known.index(facts)
            self._numbers.append(numbers)
        self.cameras = tuple(cameras)

    def number(self, session: int, name: str) -> int:
        """Return the position in ``cameras`` of a session's camera."""
        return self._numbers[session][name]


def keyframe_table(
    sessions: Sequence[SelectedSession],
    cameras: CameraTable,
    first_id: int = 0,
    first_session: int = 0,
) -> Keyframes:
    """Return one row per chosen frame, in the order of the walk.

    Args:
        sessions: the new sessions.
        cameras: made of the same sources.
        first_id: id of the first row; the others count on.
        first_session: number of the first session in the manifest.
    """
    chosen = [(n, s.source, at) for n, s in enumerate(sessions) for at in s.positions]
    places = [place for session in sessions for place in session.places]
    return Keyframes(
        ids=first_id + np.arange(len(chosen), dtype=np.int64),
        stamps_ns=np.array([index.stamps_ns[at] for _, index, at in chosen], dtype=np.int64),
        sessions=np.array([first_session + number for number, _, _ in chosen], dtype=np.int32),
        cameras=np.array(
            [cameras.number(number, index.camera(at)) for number, index, at in chosen],
            dtype=np.int32,
        ),
        poses=np.array([index.poses[at] for _, index, at in chosen]),
        places=np.array(places, dtype=np.int64) if len(places) == len(chosen) else None,
    )
