# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recognise the place of an image, and localise a recorded drive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
import logging
from pathlib import Path
from typing import Any

from avpr_ros.api.drives import AnyMap, PathLike, open_map
from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ConfigError, ImageDecodeError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.offline import localize_drive, read_odometry
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.result import MatchResult
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from avpr_ros.verification.cameras.drive_cameras import camera_checks

#: Single images are matched without the images before them.
_SINGLE_IMAGE = {'temporal_filter': 'none'}


@dataclass(frozen=True)
class PlaceRecognizer:
    """A map and its query network: image in, match result out.

    Attributes:
        gallery: the map.
    """

    gallery: GalleryMap
    _recognizer: Recognizer

    @classmethod
    def open(
        cls,
        gallery: AnyMap,
        query_network: PathLike | None = None,
        *,
        threads: int = 1,
        **settings: Any,
    ) -> PlaceRecognizer:
        """Open a query network for a map and check that their descriptor spaces are equal.

        Args:
            gallery: the map or its folder.
            query_network: ONNX file, with its manifest beside it; None: the one in the map.
            threads: threads of the query network.
            **settings: fields of ``MatchSettings``. Unlike in the node, the default is no
                temporal filter, so that a single image can be accepted.

        Raises:
            ConfigError: a setting is unknown or out of its range.
            MapError: the map is missing or damaged.
            QueryNetworkError: the query network is missing or damaged.
            SpaceMismatchError: map and query network have different descriptor spaces.
        """
        opened = open_map(gallery)
        chosen = _settings({**_SINGLE_IMAGE, **settings})
        query = None if query_network is None else Path(query_network)
        return cls(opened, Recognizer.of_map(opened, query, chosen, threads))

    def recognize(
        self,
        image: RgbImage,
        stamp_ns: int = 0,
        camera: str | None = None,
        *,
        odom_from_base: Pose | None = None,
        intrinsics: CameraIntrinsics | None = None,
        base_from_camera: Pose | None = None,
    ) -> MatchResult:
        """Match an image against the map.

        Args:
            image: (H, W, 3) uint8, RGB.
            stamp_ns: time of the image, nanoseconds; used by temporal filters and the cool-down.
            camera: name of the camera; None: the first camera of the map.
            odom_from_base: odometry at the stamp.
            intrinsics: of the camera; None: those in the map.
            base_from_camera: extrinsics of the camera; None: those in the map.

        Returns:
            ``accepted``, ``pose`` (map_from_base, None unless accepted), ``reason``, ``text`` and
            ``candidates``, best first.
        """
        name = self.gallery.manifest.cameras[0].name if camera is None else camera
        return self._recognizer.recognize(
            image, stamp_ns, name, odom_from_base, intrinsics, base_from_camera
        )


def localize(
    drive: PathLike,
    gallery: AnyMap,
    query_network: PathLike | None = None,
    *,
    odom_topic: str | None = None,
    options: SourceOptions | None = None,
    threads: int = 1,
    **settings: Any,
) -> Iterator[MatchResult | ImageDecodeError]:
    """Match every image of a drive, in stamp order, with the code and defaults of the node.

    Intrinsics and extrinsics are those of the drive, where it has them; where they differ from
    those of the map, a warning is logged.

    Args:
        drive: bag or image folder; poses are not needed.
        gallery: the map or its folder.
        query_network: ONNX file, with its manifest beside it; None: the one in the map.
        odom_topic: odometry topic of the bag; None: without odometry.
        options: how the drive is read.
        threads: threads of the query network.
        **settings: fields of ``MatchSettings``.

    Yields:
        One result for each image; for an image that cannot be decoded, the error.

    Raises:
        AvprError: drive, map, query network or a setting cannot be used.
    """
    opened = open_map(gallery)
    query = None if query_network is None else Path(query_network)
    recognizer = Recognizer.of_map(opened, query, _settings(settings), threads)
    given = options or SourceOptions(poses_wanted=False)
    odometry = {} if odom_topic is None else read_odometry(Path(drive), odom_topic, given)
    if not given.poses_wanted and given.base_frame is None:
        given = replace(given, base_frame=opened.manifest.base_frame)
    source = open_source(Path(drive), given)
    for check in camera_checks(source, opened.manifest):
        logging.getLogger(__name__).warning('%s: %s', source.name, check.text)
    yield from localize_drive(source, recognizer, odometry)


def _settings(values: dict[str, Any]) -> MatchSettings:
    known = sorted(item.name for item in fields(MatchSettings))
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ConfigError(f'unknown setting {unknown[0]}; there are {", ".join(known)}')
    return MatchSettings(**values)
