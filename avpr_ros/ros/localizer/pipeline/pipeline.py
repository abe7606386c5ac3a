# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Processes one image message in the worker's thread: gate, decode, match, publish."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import AvprError, ExtrinsicsError, ImageDecodeError
from avpr_ros.localization.result import MatchResult
from avpr_ros.poses import Pose
from avpr_ros.profiling import collect_stage_times, timed_stage
from avpr_ros.ros.common import messages
from avpr_ros.ros.localizer.pipeline.image_gate import ImageGate
from avpr_ros.ros.localizer.pipeline.pixel_ranges import PixelRanges
from avpr_ros.ros.localizer.pipeline.query_context import QueryContext
from avpr_ros.ros.localizer.pipeline.recognizer_holder import RecognizerHolder
from avpr_ros.ros.localizer.pipeline.statistics import Statistics
from avpr_ros.ros.localizer.pipeline.trigger_queue import Outcome
from avpr_ros.ros.localizer.publishers import Outputs
from avpr_ros.sources.images.decode import decode_compressed, decode_image
from avpr_ros.sources.images.image_size import message_size_px, too_many_pixels
from avpr_ros.sources.images.pixel_range import PixelRange

#: Seconds between two log lines about images of the same kind of fault.
THROTTLE_S = 5.0


class Pipeline:
    """Processes image messages one at a time.

    Attributes:
        statistics: counts and durations so far.
    """

    def __init__(
        self,
        node: Node,
        recognizers: RecognizerHolder,
        gate: ImageGate,
        context: QueryContext,
        outputs: Outputs,
    ) -> None:
        """Connect the parts.

        Args:
            node: logs.
            recognizers: holds the recognizer and the settings in use.
            gate: drops images that are not worth decoding.
            context: odometry, camera model and extrinsics.
            outputs: publishes results.
        """
        self.statistics = Statistics()
        self._node = node
        self._recognizers = recognizers
        self._gate = gate
        self._context = context
        self._outputs = outputs
        self._pixel_ranges = PixelRanges()
        self._camera = ''  # of the last image

    def process(self, camera: str, message: Any, requested: bool) -> Outcome:
        """Process one message; a known fault of an image is logged and counted.

        Args:
            camera: name of the camera.
            message: ``sensor_msgs/Image`` or ``sensor_msgs/CompressedImage``.
            requested: whether a ``~/trigger`` waits for it: it is matched whatever the gates say.
        """
        self._camera = camera
        stamp_ns = messages.stamp_ns(message.header.stamp)
        settings = self._recognizers.settings
        reason = None if requested else self._gate.drop_by_time(camera, stamp_ns, settings)
        if reason is not None:
            return self._drop(camera, reason)
        odom_from_base = self._context.odom_from_base(stamp_ns, settings.odom_wait_s)
        # A robot that was carried with its wheels at rest has moved, whatever odometry measures.
        if camera not in self.statistics.moved_images:
            reason = self._gate.drop_by_motion(camera, stamp_ns, odom_from_base, settings)
            if reason is not None and not requested:
                return self._drop(camera, reason)
        try:
            result = self._match(camera, message, odom_from_base)
        except ImageDecodeError as error:
            self.statistics.undecodable(camera, str(error))
            return self._refuse(error, f"An image of camera '{camera}' is dropped: {error}")
        except ExtrinsicsError as error:
            self.statistics.drop(camera, 'no_transform', detail=str(error))
            return self._refuse(error, str(error))
        return Outcome(result.accepted, result.text)

    def discarded(self, cameras: Iterable[str]) -> None:
        """Count the waiting image of each of some cameras as dropped by a jump of the clock."""
        for camera in cameras:
            self.statistics.drop(camera, 'clock_jump')

    def failed(self, error: Exception) -> None:
        """Count and log an unexpected error; the worker goes on with the next image."""
        if not self._node.context.ok():
            return  # Publishing fails while ROS shuts down: that is no fault of an image.
        self.statistics.failed(self._camera, f'{type(error).__name__}: {error}')
        self._node.get_logger().error(
            f'An image could not be matched: {type(error).__name__}: {error}',
            throttle_duration_sec=THROTTLE_S,
        )

    def _drop(self, camera: str, reason: str) -> Outcome:
        self.statistics.drop(camera, reason)
        return Outcome(False, f'The image is dropped: {reason}.')

    def _refuse(self, error: AvprError, text: str) -> Outcome:
        self._node.get_logger().warning(text, throttle_duration_sec=THROTTLE_S)
        return Outcome(False, str(error))

    def _match(self, camera: str, message: Any, odom_from_base: Pose | None) -> MatchResult:
        restarts = self._context.odometry_restarts
        with self._recognizers.matching(restarts) as recognizer, collect_stage_times() as stages_s:
            sent_px, stamp_ns = message_size_px(message), messages.stamp_ns(message.header.stamp)
            self._check_size(sent_px)
            intrinsics, base_from_camera = self._context.camera(
                camera, message.header.frame_id, sent_px, stamp_ns
            )
            with timed_stage('decode'):
                cameras = recognizer.gallery.manifest.cameras
                pixel_range = self._pixel_ranges.range_of(camera, message, cameras)
                image = _decode(message, recognizer.least_side_px, pixel_range)
            result = recognizer.recognize(
                image,
                stamp_ns,
                camera,
                odom_from_base,
                intrinsics,
                base_from_camera,
                sent_px,
            )
            with timed_stage('publish'):
                self._outputs.publish(result, recognizer, image)
            # Not before: a pose that cannot be published is no success.
            self.statistics.matched(result)
        self.statistics.took(stages_s)
        return result

    def _check_size(self, size_px: tuple[int, int] | None) -> None:
        """Raise ``ImageDecodeError`` for an image of more pixels than the parameter allows."""
        most = int(self._recognizers.settings.max_image_megapixels * 1e6)
        remedy = 'reduce the resolution of the camera, or raise max_image_megapixels'
        if size_px is not None and (refusal := too_many_pixels(*size_px, most, remedy)):
            raise ImageDecodeError(f'The image {refusal}.')


def _decode(message: Any, least_side_px: int, pixel_range: PixelRange | None) -> RgbImage:
    if isinstance(message, Image):
        return decode_image(message, pixel_range)
    return decode_compressed(message, least_side_px, pixel_range)
