# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The cameras of a bag: intrinsics, extrinsics, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeGuard

import numpy as np

from avpr_ros.errors import CalibrationError, UnsupportedModelError
from avpr_ros.poses import Pose
from avpr_ros.sources.bags.messages import frame_id
from avpr_ros.sources.bags.rectification import RectificationMeter
from avpr_ros.sources.camera_info import (
    calibration_rank,
    camera_intrinsics,
    check_region,
    describes_another_image,
    is_rectified,
    rectification_doubt,
    rectification_matters,
    rectified_as_in_map,
    same_model,
)
from avpr_ros.sources.frame import Camera, CameraIntrinsics, map_camera, range_for
from avpr_ros.sources.images.image_size import message_size_px
from avpr_ros.sources.images.pixel_range_meter import PixelRangeMeter, deep_values_of
from avpr_ros.sources.intrinsics import check_intrinsics, check_shape, size_doubt
from avpr_ros.sources.poses.tf_chain import TransformGraph
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import stamp_ns, stamp_text

_LARGEST_ARM_M = 20.0  # no camera is farther from the base of its vehicle


@dataclass
class BagCamera:
    """What the messages of one camera say about it.

    Attributes:
        name: short name, unique in the bag.
        topic: its image topic.
        optical_frame: frame of its first image; empty without images.
        image_size_px: width and height of its first image whose size is known.
        info: its first calibrated ``camera_info``, else its first; None without.
        other_info: the first calibrated one that describes another camera or region.
        stray_infos: ``camera_info`` topics of the bag that belong to no image topic.
        range_meter: measures the values of 16-bit images.
        rectification: measures whether images are rectified, which the topic's name may state
            wrongly or not at all.
    """

    name: str
    topic: str
    optical_frame: str = ''
    image_size_px: tuple[int, int] | None = None
    info: Any = field(default=None, repr=False)
    other_info: Any = field(default=None, repr=False)
    stray_infos: tuple[str, ...] = ()
    range_meter: PixelRangeMeter = field(default_factory=PixelRangeMeter)
    rectification: RectificationMeter = field(default_factory=RectificationMeter)

    def add_image(self, message: Any) -> None:
        """Take an image message."""
        if self.info is not None and self.rectification.wants_next():
            if rectification_matters(self.info):
                self.rectification.add(message)
            else:
                self.rectification.stop()
        self.optical_frame = self.optical_frame or frame_id(message.header)
        if self.image_size_px is None:
            self.image_size_px = message_size_px(message)
        if self.range_meter.wants_next() and (values := deep_values_of(message)) is not None:
            self.range_meter.add(values)

    def add_info(self, message: Any) -> None:
        """Take a ``camera_info``; drivers send empty ones until they are calibrated."""
        if self.info is None or calibration_rank(message) > calibration_rank(self.info):
            self.info = message
        elif (
            self.other_info is None
            and calibration_rank(message) == calibration_rank(self.info)
            and describes_another_image(message, self.info)
        ):
            self.other_info = message

    def finish(
        self, graph: TransformGraph, base_frame: str, map_cameras: Sequence[Camera] = ()
    ) -> tuple[Camera, tuple[PreflightCheck, ...]]:
        """Return the camera, and the findings about its model and extrinsics.

        Args:
            graph: transforms of the bag.
            base_frame: frame of the base.
            map_cameras: of the map that the images are for, whose ranges are taken over.
        """
        of_name = map_camera(self.name, map_cameras)
        known = None if of_name is None else of_name.intrinsics
        intrinsics, model_check = self._intrinsics(known)
        pose, pose_check = self._extrinsics(graph, base_frame)
        pixel_range = range_for(self.name, map_cameras) or self.range_meter.measured()
        size_px = self.image_size_px
        camera = Camera(self.name, self.topic, pose, intrinsics, pixel_range, size_px)
        of_map = known if intrinsics is None else None
        if of_map is not None and (doubt := size_doubt(of_map, self.image_size_px, 'the map')):
            text = f'{model_check.text} Besides, {doubt}.'
            if model_check.level == 'ok':
                model_check = PreflightCheck('camera', 'warning', text)
            else:
                model_check = replace(model_check, text=text)
        return camera, (model_check, pose_check)

    def _intrinsics(
        self, of_map: CameraIntrinsics | None
    ) -> tuple[CameraIntrinsics | None, PreflightCheck]:
        """Return the intrinsics where a camera model can be computed with them.

        Args:
            of_map: those of the same camera in the map, if any.
        """
        who = f'Camera {self.name}: '
        if self.info is None and self.stray_infos:
            text = (
                f'{who}no camera_info in the namespace of {self.topic}, and '
                f'{", ".join(self.stray_infos)} belongs to no images: if it is of this camera, '
                'record it beside the images; poses are those of keyframes.'
            )
            return None, PreflightCheck('camera', 'warning', text)
        if self.info is None:
            text = f'{who}no camera_info, so poses are those of keyframes.'
            return None, PreflightCheck('camera', 'ok', text)
        rectified = self._rectified(of_map)
        found = camera_intrinsics(self.info, self.topic, self.image_size_px, rectified)
        if found is None:
            text = f'{who}camera_info holds no calibration (K and P are zero): calibrate it.'
            return None, PreflightCheck('camera', 'warning', text)
        if self.other_info is not None and self._changes(found, rectified):
            when = stamp_text(stamp_ns(self.other_info.header.stamp))
            text = (
                f'{who}camera_info changes its matrix, distortion, region of interest or binning '
                f'at stamp {when}: split the recording there, or keep the region where it is.'
            )
            return None, PreflightCheck('camera', 'error', text)
        try:
            check_region(self.info, self.image_size_px)
            check_intrinsics(found)
            if self.image_size_px is not None:
                check_shape(found, *self.image_size_px)
        except UnsupportedModelError as error:
            text = f'{who}camera_info is not used: {error}.'
            return None, PreflightCheck('camera', 'warning', text)
        except CalibrationError as error:
            return None, PreflightCheck('camera', 'error', f'{who}in camera_info {error}.')
        doubt = rectification_doubt(self.info, self.topic)
        doubtful = doubt is not None
        if doubtful and rectified is None:
            return found, PreflightCheck('camera', 'warning', f'{who}{doubt}.')
        if doubt := size_doubt(found, self.image_size_px, 'camera_info'):
            return found, PreflightCheck('camera', 'warning', f'{who}{doubt}.')
        if rectified is not None and not doubtful:
            stated, shown = ('raw', 'rectified') if rectified else ('rectified', 'raw')
            used = 'P' if rectified else 'K and D'
            text = (
                f'{who}by the name of {self.topic} its images are {stated}, and by the epipolar '
                f'constraint in pairs of them they are {shown}, so {used} of camera_info is used: '
                'rename the topic, as the node goes by its name.'
            )
            return found, PreflightCheck('camera', 'warning', text)
        text = f'{who}intrinsics known, focal length {found.k[0]:.1f} px'
        if rectified is not None:
            text += ', of rectified images' if rectified else ', of images that are not rectified'
            text += ' by the images themselves or the map, as the name of the topic is neutral'
        text += '.'
        return found, PreflightCheck('camera', 'ok', text)

    def _rectified(self, of_map: CameraIntrinsics | None) -> bool | None:
        """Return whether the images are rectified; None where they are as the name states."""
        doubtful = rectification_doubt(self.info, self.topic) is not None
        if not doubtful and not rectification_matters(self.info):
            return None
        named = None if doubtful else is_rectified(self.topic)
        size_px = self.image_size_px
        models = [camera_intrinsics(self.info, self.topic, size_px, one) for one in (False, True)]
        raw, ideal = models
        measured = None
        if _usable(raw) and _usable(ideal):
            measured = self.rectification.verdict(raw, ideal, named)
        if named is not None:
            return measured if measured is not None and measured != named else None
        if measured is not None:
            return measured
        return rectified_as_in_map(self.info, self.topic, size_px, of_map)

    def _changes(self, found: CameraIntrinsics, rectified: bool | None) -> bool:
        """Return whether the other ``camera_info`` gives these images another camera model."""
        other = camera_intrinsics(self.other_info, self.topic, self.image_size_px, rectified)
        return other is None or not same_model(other, found)

    def _extrinsics(
        self, graph: TransformGraph, base_frame: str
    ) -> tuple[Pose | None, PreflightCheck]:
        """Return ``base_from_camera`` by transforms that never change."""
        frame, who = self.optical_frame, f'Camera {self.name}: '
        if not frame:
            text = (
                f'{who}extrinsics unknown, as the images have no frame_id: set it in the driver; '
                'poses are those of keyframes.'
            )
            return None, PreflightCheck('extrinsics', 'warning', text)
        if (pose := graph.fixed_pose(base_frame, frame)) is not None:
            distance_m = float(np.linalg.norm(pose.translation_m))
            if distance_m > _LARGEST_ARM_M:
                text = (
                    f'{who}extrinsics place {frame} {distance_m:.0f} m from {base_frame}: '
                    'translations are in metres.'
                )
                return pose, PreflightCheck('extrinsics', 'error', text)
            text = f'{who}extrinsics known ({base_frame} <- {frame}).'
            return pose, PreflightCheck('extrinsics', 'ok', text)
        if (pose := graph.constant_pose(base_frame, frame)) is not None:
            text = f'{who}extrinsics from /tf, where {base_frame} <- {frame} never changes.'
            return pose, PreflightCheck('extrinsics', 'ok', text)
        if unusable := graph.unusable_fixed():
            text = (
                f'{who}extrinsics unknown: of /tf_static {", ".join(unusable)} is no pose (NaN, '
                'infinity, or a quaternion that is not of length 1): correct its publisher; poses '
                'are those of keyframes.'
            )
            return None, PreflightCheck('extrinsics', 'warning', text)
        text = (
            f'{who}extrinsics unknown: no transform that never changes leads from {base_frame} to '
            f'{frame}, the frame of the images; record /tf_static, or name another --base-frame; '
            'poses are those of keyframes.'
        )
        return None, PreflightCheck('extrinsics', 'warning', text)


def _usable(intrinsics: CameraIntrinsics | None) -> TypeGuard[CameraIntrinsics]:
    """Return whether a camera model can be computed with: others have no inliers to compare."""
    if intrinsics is None:
        return False
    with suppress(CalibrationError):
        check_intrinsics(intrinsics)
        return True
    return False
