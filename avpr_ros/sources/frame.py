# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Output of every source: images with stamp, camera and pose, decoded on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from avpr_ros.arrays import RgbImage
from avpr_ros.poses import Pose
from avpr_ros.sources.images.pixel_range import PixelRange

if TYPE_CHECKING:
    from avpr_ros.sources.preflight import Preflight


@dataclass(frozen=True)
class CameraIntrinsics:
    """Camera model parameters, as in ``sensor_msgs/CameraInfo``.

    Attributes:
        width_px: image width.
        height_px: image height.
        distortion_model: name of the model as ROS has it, e.g. ``plumb_bob``.
        k: nine numbers, row-major 3x3 camera matrix, pixels.
        d: distortion coefficients of that model.
    """

    width_px: int
    height_px: int
    distortion_model: str
    k: tuple[float, ...]
    d: tuple[float, ...]


@dataclass(frozen=True)
class Camera:
    """One camera of a source.

    Attributes:
        name: short name, unique in its source.
        topic: image topic of a bag, or the images' folder.
        base_from_camera: pose of the camera's optical frame (x right, y down, z forward) in the
            base frame; None if unknown.
        intrinsics: camera model parameters; None if unknown.
        pixel_range: range that its 16-bit images were converted with; None where it has 8 bits.
        sent_px: width and height of its images as recorded; None where they are not known before
            an image is decoded. Not part of a map.
    """

    name: str
    topic: str
    base_from_camera: Pose | None
    intrinsics: CameraIntrinsics | None
    pixel_range: PixelRange | None = None
    sent_px: tuple[int, int] | None = field(default=None, compare=False)


def camera_numbers(name: str, cameras: Sequence[Camera]) -> list[int]:
    """Return the numbers of a map's cameras of a name; any name is that of the only camera."""
    return [k for k, one in enumerate(cameras) if one.name == name or len(cameras) == 1]


def map_camera(name: str, cameras: Sequence[Camera]) -> Camera | None:
    """Return the first of ``camera_numbers``; None where there is none."""
    numbers = camera_numbers(name, cameras)
    return cameras[numbers[0]] if numbers else None


def range_for(camera: str, cameras: Sequence[Camera]) -> PixelRange | None:
    """Return the range of the camera of that name, or of the only one; None: not known."""
    known = map_camera(camera, cameras)
    return None if known is None else known.pixel_range


@dataclass(frozen=True)
class StampedImage:
    """An image that is not decoded yet.

    Attributes:
        stamp_ns: time of exposure (the message header's stamp), nanoseconds.
        camera: name of its ``Camera``.
        decode: returns the (H, W, 3) uint8 RGB image; raises ``ImageDecodeError``.
        place: place label of a dataset; None without.
    """

    stamp_ns: int
    camera: str
    decode: Callable[[], RgbImage]
    place: int | None = None


@dataclass(frozen=True)
class Frame:
    """An image with the pose of the base at its stamp.

    Attributes:
        stamp_ns: time of exposure (the message header's stamp), nanoseconds.
        camera: name of its ``Camera``.
        map_from_base: pose of the base frame in the map frame.
        decode: returns the (H, W, 3) uint8 RGB image; raises ``ImageDecodeError``.
        place: place label of a dataset; None without.
    """

    stamp_ns: int
    camera: str
    map_from_base: Pose
    decode: Callable[[], RgbImage]
    place: int | None = None


@dataclass(frozen=True)
class GeodeticOrigin:
    """Geodetic position (WGS 84) of the origin of a local metric map frame.

    Attributes:
        latitude_deg: geodetic latitude.
        longitude_deg: longitude.
        altitude_m: height above the ellipsoid.
        crs: PROJ definition of the conversion from geodetic to map coordinates.
    """

    latitude_deg: float
    longitude_deg: float
    altitude_m: float
    crs: str


class FrameSource(Protocol):
    """A drive: a bag or an image folder, with the poses that belong to it.

    Attributes:
        name: short name for reports: the bag's or folder's own name.
        map_frame: frame the poses are in.
        base_frame: frame the poses are of.
        pose_source: where the poses come from, in words.
        cameras: its cameras, in the order of the options.
        geodetic_origin: geodetic position of the map frame's origin; None if unknown.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def map_frame(self) -> str: ...  # noqa: D102

    @property
    def base_frame(self) -> str: ...  # noqa: D102

    @property
    def pose_source(self) -> str: ...  # noqa: D102

    @property
    def cameras(self) -> tuple[Camera, ...]: ...  # noqa: D102

    @property
    def geodetic_origin(self) -> GeodeticOrigin | None: ...  # noqa: D102

    def preflight(self) -> Preflight:
        """Check stamps and poses without decoding an image."""
        ...

    def images(self) -> Iterator[StampedImage]:
        """Yield every image in stamp order."""
        ...

    def frames(self) -> Iterator[Frame]:
        """Yield in stamp order the images that have a pose within the gap limit."""
        ...
