# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The cameras of a recorded drive, compared with those of the map it is matched against."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

import numpy as np

from avpr_ros.gallery.manifest import Manifest
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, CameraIntrinsics, FrameSource, camera_numbers
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.verification.cameras.camera_model import CameraModel

#: Extrinsics that differ by no more are those of the map, which a build refines.
_SAME_M, _SAME_RAD = 0.01, float(np.radians(0.5))
#: Largest angle between viewing rays of equal camera models.
_SAME_RAYS_RAD = float(np.radians(1.0))
#: Points of the image, as shares of its sides, where viewing rays are compared.
_GRID = (0.1, 0.5, 0.9)


def own_extrinsics(source: FrameSource, manifest: Manifest) -> dict[str, Pose]:
    """Return ``base_from_camera`` by name of the cameras whose own extrinsics are used.

    For the others those of the map stand in: they are equal, or the source has none of the base
    of the map.
    """
    if source.base_frame != manifest.base_frame:
        return {}
    return {
        camera.name: camera.base_from_camera
        for camera in source.cameras
        if camera.base_from_camera is not None and not _known(camera, manifest.cameras)
    }


def camera_checks(source: FrameSource, manifest: Manifest) -> tuple[PreflightCheck, ...]:
    """Return a warning for each difference of the cameras of a drive from those of the map."""
    return (*_extrinsics_checks(source, manifest), *_model_checks(source, manifest))


def _extrinsics_checks(source: FrameSource, manifest: Manifest) -> Iterator[PreflightCheck]:
    if source.base_frame != manifest.base_frame:
        posed = [one.name for one in source.cameras if one.base_from_camera is not None]
        if posed:
            text = (
                f'Extrinsics of {", ".join(posed)} are in {source.base_frame} and the base of the '
                f'map is {manifest.base_frame}: those of the map are used; record /tf_static of '
                f'{manifest.base_frame}, or choose poses of it.'
            )
            yield PreflightCheck('map extrinsics', 'warning', text)
        return
    own = own_extrinsics(source, manifest)
    for camera in source.cameras:
        known = [p for one in _same(camera, manifest.cameras) if (p := one.base_from_camera)]
        if camera.name not in own or not known:
            continue
        pose = own[camera.name]
        nearest = min(known, key=pose.distance_m)
        text = (
            f'Extrinsics of camera {camera.name} differ from those of the map by '
            f'{pose.distance_m(nearest):.2f} m and {np.degrees(pose.angle_rad(nearest)):.1f} '
            'degrees: those of the recording are used; correct /tf_static if the camera is '
            'mounted as it was.'
        )
        yield PreflightCheck('map extrinsics', 'warning', text)


def _model_checks(source: FrameSource, manifest: Manifest) -> Iterator[PreflightCheck]:
    for camera in source.cameras:
        known = [one.intrinsics for one in _same(camera, manifest.cameras) if one.intrinsics]
        if camera.intrinsics is None or not known:
            continue
        angles = [_ray_angle_rad(camera.intrinsics, one) for one in known]
        apart = min((angle for angle in angles if angle is not None), default=0.0)
        if apart > _SAME_RAYS_RAD:
            text = (
                f'Camera model of {camera.name} differs from that of the map by '
                f'{np.degrees(apart):.1f} degrees of viewing direction: that of the recording is '
                'used; correct camera_info if it is the same camera.'
            )
            yield PreflightCheck('map camera', 'warning', text)


def _same(camera: Camera, cameras: Sequence[Camera]) -> list[Camera]:
    """Return the cameras of a map that a camera stands for."""
    return [cameras[number] for number in camera_numbers(camera.name, cameras)]


def _known(camera: Camera, cameras: Sequence[Camera]) -> bool:
    """Return whether the map has these extrinsics of a camera."""
    pose = camera.base_from_camera
    known = [one.base_from_camera for one in _same(camera, cameras)]
    return pose is not None and any(
        other is not None
        and pose.distance_m(other) <= _SAME_M
        and pose.angle_rad(other) <= _SAME_RAD
        for other in known
    )


def _ray_angle_rad(first: CameraIntrinsics, second: CameraIntrinsics) -> float | None:
    """Return the largest angle between the rays at equal shares of the image; None: unknown."""
    shares = np.array([(x, y) for x in _GRID for y in _GRID])
    rays = []
    with suppress(ValueError):
        for one in (first, second):
            size_px = one.width_px, one.height_px
            seen = CameraModel(one, *size_px).rays(shares * size_px - 0.5)
            solid = np.column_stack([seen, np.ones(len(seen))])
            rays.append(solid / np.linalg.norm(solid, axis=1, keepdims=True))
        cosines = np.clip((rays[0] * rays[1]).sum(axis=1), -1.0, 1.0)
        return float(np.arccos(cosines).max())
    return None
