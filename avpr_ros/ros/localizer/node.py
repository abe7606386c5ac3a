# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node: image messages in, poses and candidates with their reasons out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rclpy.clock import Clock, ClockType, JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node

from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.ros.common.callback_groups import PausableCallbackGroup
from avpr_ros.ros.common.diagnostics import Diagnostics, Level, Report
from avpr_ros.ros.common.parameters import declare, on_change, unknown_parameters
from avpr_ros.ros.common.problem_log import ProblemLog
from avpr_ros.ros.common.silence_watch import StartGrace
from avpr_ros.ros.localizer.camera_info import CameraInfoInput
from avpr_ros.ros.localizer.drop_reasons import ClockWatch, drop_problem
from avpr_ros.ros.localizer.extrinsics import listen_for_extrinsics
from avpr_ros.ros.localizer.health import (
    ImageReport,
    inference_report,
    localisation_report,
    map_file_report,
    map_report,
    odometry_report,
)
from avpr_ros.ros.localizer.image_subscription import ImageInput, ImageStream, image_topics
from avpr_ros.ros.localizer.odometry import OdometryInput
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.image_gate import ImageGate
from avpr_ros.ros.localizer.pipeline.latest_message import LatestMessageBuffer, Worker
from avpr_ros.ros.localizer.pipeline.node_recognizer import NodeRecognizer
from avpr_ros.ros.localizer.pipeline.pipeline import Pipeline
from avpr_ros.ros.localizer.pipeline.query_context import QueryContext
from avpr_ros.ros.localizer.pipeline.recognizer_holder import RecognizerHolder
from avpr_ros.ros.localizer.pipeline.trigger_queue import TriggerQueue
from avpr_ros.ros.localizer.publishers import Outputs
from avpr_ros.ros.localizer.services import Services
from avpr_ros.ros.localizer.silence import (
    camera_info_reports,
    image_hint,
    odometry_hint,
)
from avpr_ros.sources.images.decode import decoder_backend

#: Seconds between two checks of the image publishers.
POLL_PERIOD_S = 0.2


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
        self._recognizers = RecognizerHolder.open(settings, node.get_logger().warning)
        self._outputs = Outputs(node, settings.map_frame)
        self._outputs.publish_keyframes(self._recognizers.recognizer)
        self._pause = PausableCallbackGroup(node, self._discard_pending)
        self._triggers = TriggerQueue(self._pause)
        self._gate = ImageGate(node.get_clock(), self._triggers.pause_unless_waiting)
        self._odometry = OdometryInput(node)
        self._clock_watch = ClockWatch(node)
        self._camera_info = CameraInfoInput(
            node,
            settings.cameras,
            lambda: self._recognizers.recognizer.gallery.manifest.cameras,
        )
        extrinsics = listen_for_extrinsics(node, settings)
        self._context = QueryContext(self._odometry, self._camera_info, extrinsics)
        self._pipeline = Pipeline(
            node, self._recognizers, self._gate, self._context, self._outputs
        )
        self._services_offered = Services(
            node, self._recognizers, self._triggers, self._outputs, self._enable
        )
        self._buffer: LatestMessageBuffer[Any] = LatestMessageBuffer()
        self._worker = Worker(self._buffer, self._work, self._pipeline.failed)
        node.add_on_set_parameters_callback(
            on_change(lambda: self._recognizers.settings, self._apply, node.get_logger().info)
        )
        self._jump = node.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True
            ),
            post_callback=self._on_clock_jump,
        )
        self._inputs = self._listen(settings)
        self._unknown = unknown_parameters(node, Settings)
        self._diagnostics = Diagnostics(node, self._reports(self._inputs))
        self._worker.start()
        self._log_start(self._recognizers.recognizer)

    def close(self) -> None:
        """Stop the worker; the node can be destroyed then."""
        self._worker.stop(timeout_s=5.0)
        self._recognizers.close()

    def _log_start(self, recognizer: NodeRecognizer) -> None:
        logger = self._node.get_logger()
        logger.info(
            f'{len(recognizer.gallery.keyframes)} keyframes of {recognizer.gallery.path}; '
            f'images are decoded with {decoder_backend()}.'
        )
        images = ', '.join(f'{one.topic} ({one.transport})' for one in self._inputs)
        logger.info(
            f'Listens on {images} and {self._odometry.topic}; publishes '
            f'{self._outputs.topics(recognizer)}.'
        )
        if warning := recognizer.matcher.calibration_warning:
            logger.warning(f'{warning[0].upper()}{warning[1:]}.')
        if isinstance(recognizer.gallery, GalleryMap):
            for text in recognizer.gallery.warnings:
                logger.warning(f'The map: {text}')

    def _listen(self, settings: Settings) -> list[ImageInput]:
        topics = image_topics(self._node, settings.cameras)
        inputs = [
            ImageInput(
                self._node,
                ImageStream(camera, topic, settings.image_transport, settings.image_reliability),
                self._buffer.put,
                self._pause,
            )
            for camera, topic in topics.items()
        ]

        def poll() -> None:
            self._odometry.catch_up()
            for camera_input in inputs:
                camera_input.poll()

        self._node.create_timer(POLL_PERIOD_S, poll, clock=Clock(clock_type=ClockType.STEADY_TIME))
        return inputs

    def _reports(self, inputs: list[ImageInput]) -> Callable[[], list[Report]]:
        statistics, node = self._pipeline.statistics, self._node
        several = len(inputs) > 1
        image_reports = [
            ImageReport(
                source,
                statistics,
                f'images {source.camera}' if several else 'images',
                self._image_problem,
                partial(image_hint, node),
            )
            for source in inputs
        ]
        log, grace = ProblemLog(node.get_logger()), StartGrace()

        def reports() -> list[Report]:
            if self._pause.paused:
                self._discard_pending()
            recognizer = self._recognizers.recognizer
            images = [report_of(self._buffer.replaced) for report_of in image_reports]
            odometry = self._odometry_report(grace.over())
            localisation = localisation_report(
                statistics,
                self._gate.enabled,
                recognizer.matcher.runtime_warning,
                self._outputs.loop_closure_listeners,
            )
            camera_info = self._camera_info_reports(grace.over())
            # Errors are images that cannot be decoded or used, which are logged one by one.
            noted = [one for one in images if one.level is not Level.ERROR]
            log.write([*noted, odometry, *camera_info, map_file_report(recognizer)])
            if statistics.reasons:
                log.write([localisation])
            return [
                *images,
                inference_report(statistics, self._recognizers.settings),
                map_report(recognizer),
                odometry,
                localisation,
                *camera_info,
                *(Report('parameters', Level.WARN, text) for text in self._unknown),
            ]

        return reports

    def _odometry_report(self, over: bool) -> Report:
        """Report on odometry; once others had time to be discovered, on why none comes."""
        hint, needed = None, False
        if over and not self._odometry.received:
            hint = odometry_hint(self._node, self._odometry.topic)
            needed = self._recognizers.settings.mode == 'loop_closing'
        return odometry_report(self._odometry, hint, needed=needed)

    def _camera_info_reports(self, over: bool) -> list[Report]:
        if not over or not self._recognizers.recognizer.matcher.uses_local_features:
            return []
        return camera_info_reports(self._node, self._inputs, self._camera_info)

    def _image_problem(self, camera: str) -> tuple[Level, str] | None:
        """Return severity and sentence on why a camera's images are not matched, or not fully."""
        if wrong := self._clock_watch.problem() or self._gate.stamps.problem(camera):
            return Level.WARN, wrong
        statistics = self._pipeline.statistics
        dropped = drop_problem(
            statistics.recent, camera, self._gate.last_age_s, statistics.details
        )
        if dropped is not None:
            return Level.WARN, dropped
        return self._camera_info.problem(camera)

    def _work(self, camera: str, message: Any) -> None:
        """Process one message; in the worker's thread."""
        self._triggers.answer_with(partial(self._pipeline.process, camera, message))

    def _apply(self, settings: Settings) -> None:
        self._recognizers.apply(settings)
        self._pause.resume()

    def _enable(self, enabled: bool) -> None:
        """Start or stop matching; images from before do not count after the break."""
        self._gate.enabled = enabled
        self._pause.resume()
        self._recognizers.forget_history()

    def _discard_pending(self) -> None:
        for camera_input in self._inputs:
            if images := camera_input.discard_pending():
                reason = self._gate.pause_reason
                self._pipeline.statistics.drop(camera_input.camera, reason, images)

    def _on_clock_jump(self, _jump: object) -> None:
        self._node.get_logger().info('The clock jumped; waiting images and gates are cleared.')
        self._pipeline.discarded(self._buffer.clear())
        self._gate.reset()
        self._context.clear()
        self._recognizers.restart()
        self._pipeline.statistics.restart()
        self._pause.resume()
