# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A gallery that grows from the running session, for loop closure without a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
import uuid

import numpy as np
from numpy.typing import NDArray

from avpr_ros import __version__
from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.descriptor_space import SpaceInfo
from avpr_ros.gallery.hog import HogDescriptors
from avpr_ros.gallery.index.faiss_index import GalleryIndex
from avpr_ros.gallery.keyframe_selection import KeyframeSelector
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.gallery.manifest import KeyframeSpacing, Manifest, Session
from avpr_ros.gallery.thumbnails import decode_thumbnail, encode_thumbnail
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera
from avpr_ros.storage.open_file import OpenFile

#: Shorter side and JPEG quality of a thumbnail: about 8 kB each.
THUMBNAIL_PX, THUMBNAIL_QUALITY = 160, 80


@dataclass(frozen=True)
class SessionSettings:
    """When keyframes are added, and from when on they are searched.

    Attributes:
        distance_m: a new keyframe after this distance from the last one of the camera,
        rotation_rad: or after this rotation.
        min_loop_travel_m: keyframes are indexed after the robot has driven this distance.
        max_keyframes: the gallery stops growing then. A keyframe takes four bytes a number of
            its descriptor and a thumbnail of about 8 kB.
    """

    distance_m: float = 1.0
    rotation_rad: float = 0.26
    min_loop_travel_m: float = 20.0
    max_keyframes: int = 5000


class OnlineGallery:
    """Keyframes by motion, in the odometry's frame; one thread adds to it and searches it.

    Rows are only ever added, so that another thread may read the existing ones. A session whose
    odometry starts anew is a new gallery.

    Attributes:
        path: stands for the folder in messages to people.
        index: over the keyframes that are no longer recent.
        descriptors: (N, d) float16 of all keyframes; a view that does not grow.
    """

    path = Path('this session')

    def __init__(
        self, settings: SessionSettings, space: SpaceInfo, cameras: Sequence[str], frame: str
    ) -> None:
        """Start empty.

        Args:
            settings: when to add keyframes, and how many.
            space: of the query network, which describes gallery and query.
            cameras: names of the robot's cameras.
            frame: of the odometry.
        """
        self._settings = settings
        self._cameras = list(cameras)
        self._draft = _draft(settings, space, self._cameras, frame)
        self.index = GalleryIndex.growing(space.dim)
        self._count = 0
        self._rows = np.empty((settings.max_keyframes, space.dim), np.float16)
        self._poses = np.empty((settings.max_keyframes, 7))
        self._stamps_ns = np.empty(settings.max_keyframes, np.int64)
        self._camera_numbers = np.empty(settings.max_keyframes, np.int32)
        self._driven_at_m = np.empty(settings.max_keyframes)
        self._thumbnails: list[bytes] = []
        self._selectors: dict[str, KeyframeSelector] = {}
        self._last: Pose | None = None
        self._driven_m = 0.0

    def __len__(self) -> int:
        return self._count

    @property
    def full(self) -> bool:
        """Whether there is no room for another keyframe."""
        return self._count == self._settings.max_keyframes

    @property
    def descriptors(self) -> NDArray[np.float16]:
        """See ``Gallery``."""
        return self._rows[: self._count]

    @property
    def keyframes(self) -> Keyframes:
        """All keyframes there are now, recent ones too; ``odom_from_base``."""
        n = self._count
        return Keyframes(
            ids=np.arange(n, dtype=np.int64),
            stamps_ns=self._stamps_ns[:n],
            sessions=np.zeros(n, np.int32),
            cameras=self._camera_numbers[:n],
            poses=self._poses[:n],
        )

    @property
    def manifest(self) -> Manifest:
        """What the gallery is; counts and files come with saving."""
        return self._draft

    def thumbnail(self, row: int) -> RgbImage | None:
        """See ``Gallery``."""
        return decode_thumbnail(self._thumbnails[row])

    def landmarks(self) -> Landmarks | None:
        """See ``Gallery``: a session has none."""
        return None

    def file(self, name: str) -> OpenFile | None:
        """See ``Gallery``: a session has none."""
        return None

    def hog(self) -> HogDescriptors | None:
        """See ``Gallery``: a session has none, and no sequence filter that would use it."""
        return None

    def encoded_thumbnail(self, row: int) -> bytes:
        """Return the JPEG of a row."""
        return self._thumbnails[row]

    def add_keyframe_if_moved(
        self,
        descriptor: Descriptors,
        stamp_ns: int,
        camera: str,
        odom_from_base: Pose,
        image: RgbImage,
    ) -> None:
        """Add a keyframe if the robot has moved far enough, and index those no longer recent.

        Args:
            descriptor: (d,) of length 1.
            stamp_ns: the image's stamp; not before the last one.
            camera: that took it, one of those named at the start.
            odom_from_base: odometry at that stamp.
            image: (H, W, 3) uint8 RGB.
        """
        if self._last is not None:
            self._driven_m += self._last.distance_m(odom_from_base)
        self._last = odom_from_base
        self._index_old_keyframes()
        selector = self._selectors.setdefault(
            camera, KeyframeSelector(self._settings.distance_m, self._settings.rotation_rad)
        )
        if self.full or not selector.wants(odom_from_base):
            return
        selector.keep(odom_from_base)
        row = self._count
        self._rows[row] = descriptor
        self._poses[row] = odom_from_base.as_xyz_quaternion()
        self._stamps_ns[row] = stamp_ns
        self._camera_numbers[row] = self._cameras.index(camera)
        self._driven_at_m[row] = self._driven_m
        self._thumbnails.append(encode_thumbnail(image, THUMBNAIL_PX, THUMBNAIL_QUALITY))
        self._count += 1  # last: rows below the count may be read

    def _index_old_keyframes(self) -> None:
        first, old_m = self.index.size, self._driven_m - self._settings.min_loop_travel_m
        end = int(np.searchsorted(self._driven_at_m[: self._count], old_m, side='right'))
        if end > first:
            self.index.add(self._rows[first:end])


def _draft(
    settings: SessionSettings, space: SpaceInfo, cameras: Sequence[str], frame: str
) -> Manifest:
    return Manifest(
        map_id=str(uuid.uuid4()),
        revision=1,
        created=datetime.now(timezone.utc).isoformat(timespec='seconds'),
        tool_version=__version__,
        descriptor_space=space,
        map_frame=frame,
        base_frame='base_link',
        cameras=tuple(Camera(name, name, None, None) for name in cameras),
        sessions=(Session('session', 'odometry', 0, 0, 0, 0, 0),),
        geodetic_origin=None,
        keyframe_spacing=KeyframeSpacing(settings.distance_m, settings.rotation_rad),
        calibration=None,
    )
