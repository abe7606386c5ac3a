# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node: image messages in, poses and candidates with their reasons out."""

from __future__ import annotations

from typing import Any

from rclpy.clock import Clock, ClockType, JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node

from avpr_ros.ros.common.callback_groups import PausableCallbackGroup
from avpr_ros.ros.common.diagnostics import Diagnostics, Level, Report
from avpr_ros.ros.common.parameters import declare, on_change
from avpr_ros.ros.localizer.camera_info import CameraInfoInput
from avpr_ros.ros.localizer.extrinsics import listen_for_extrinsics
from avpr_ros.ros.localizer.health import (
    ImageReport,
    inference_report,
    localisation_report,
    map_report,
    odometry_report,
)
from avpr_ros.ros.localizer.image_subscription import ImageInput
from avpr_ros.ros.localizer.interface import image_topic
from avpr_ros.ros.localizer.latest_message import LatestMessageBuffer, Worker
from avpr_ros.ros.localizer.odometry import OdometryInput
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline import Processor
from avpr_ros.ros.localizer.publishers import Outputs
from avpr_ros.ros.localizer.recognizer_factory import NodeRecognizer
from avpr_ros.ros.localizer.services import Services
from avpr_ros.sources.images.decode import decoder_backend

#: Seconds between two looks at the image publishers.
LOOK_PERIOD_S = 0.2
#: Seconds between two log lines about a silent camera.
SILENCE_LOG_S = 30.0


class Localizer:
    """``avpr_localizer``: callbacks only store; one worker thread decodes, describes, matches."""

    def __init__(self, node: Node) -> None:
        """Declare the parameters, open map and query network, start to listen.

        Args:
            node: the ROS node, to be spun by the caller.

        Raises:
            AvprError: a parameter, the map or the query network cannot be used.
        """
        self._node = node
        settings = declare(node, Settings)
        recognizer = NodeRecognizer.open(settings)
        outputs = Outputs(node, settings.map_frame)
        outputs.publish_keyframes(recognizer)
        self._odometry = OdometryInput(node)
        self._rest = PausableCallbackGroup(node, self._overlook)
        self._processor = Processor(
            node,
            settings,
            recognizer,
            outputs,
            self._odometry,
            CameraInfoInput(node, settings.cameras),
            listen_for_extrinsics(node, settings),
            self._rest,
        )
        self._services_offered = Services(node, self._processor)
        self._slots: LatestMessageBuffer[Any] = LatestMessageBuffer()
        self._worker = Worker(self._slots, self._processor.work, self._processor.failed)
        node.add_on_set_parameters_callback(
            on_change(lambda: self._processor.settings, self._processor.apply)
        )
        self._jump = node.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True
            ),
            post_callback=self._on_clock_jump,
        )
        self._inputs = self._listen(settings)
        self._diagnostics = self._report(self._inputs, outputs)
        self._worker.start()
        node.get_logger().info(
            f'{len(recognizer.gallery.keyframes)} keyframes of {recognizer.gallery.path}; '
            f'images are decoded with {decoder_backend()}.'
        )
        if weakness := recognizer.matcher.calibration_warning:
            node.get_logger().warning(f'{weakness[0].upper()}{weakness[1:]}.')

    def close(self) -> None:
        """Stop the worker; the node can be destroyed then."""
        self._worker.stop(timeout_s=5.0)

    def _listen(self, settings: Settings) -> list[ImageInput]:
        inputs = [
            ImageInput(
                self._node,
                camera,
                image_topic(camera, settings.cameras),
                settings.image_transport,
                settings.image_reliability,
                self._slots.put,
                self._rest,
            )
            for camera in settings.cameras
        ]

        def look() -> None:
            self._odometry.catch_up()
            for one in inputs:
                one.poll()

        self._node.create_timer(LOOK_PERIOD_S, look, clock=Clock(clock_type=ClockType.STEADY_TIME))
        return inputs

    def _report(self, inputs: list[ImageInput], outputs: Outputs) -> Diagnostics:
        processor, logger = self._processor, self._node.get_logger()
        many = len(inputs) > 1
        cameras = [
            ImageReport(one, processor.statistics, f'images {one.camera}' if many else 'images')
            for one in inputs
        ]

        def reports() -> list[Report]:
            processor.statistics.dropped['replaced'] = self._slots.replaced
            if self._rest.resting:
                self._overlook()
            images = [camera() for camera in cameras]
            for report in images:
                if report.level is Level.WARN:
                    logger.warning(report.message, throttle_duration_sec=SILENCE_LOG_S)
            return [
                *images,
                inference_report(processor.statistics, processor.settings),
                map_report(processor.recognizer),
                odometry_report(self._odometry),
                localisation_report(
                    processor.statistics,
                    processor.enabled,
                    processor.recognizer.matcher.runtime_warning,
                    outputs.loop_closure_listeners,
                ),
            ]

        return Diagnostics(self._node, reports)

    def _overlook(self) -> None:
        self._processor.overlooked(sum(one.overlook() for one in self._inputs))

    def _on_clock_jump(self, _jump: object) -> None:
        self._node.get_logger().info('The clock jumped; waiting images and gates are cleared.')
        self._slots.clear()
        self._processor.clear()
