# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What happens to one image, in the worker's thread: gates, decoding, matching, publishing."""

from __future__ import annotations

from dataclasses import dataclass
import threading
from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import Image

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import ExtrinsicsError, ImageDecodeError
from avpr_ros.localization.result import MatchResult
from avpr_ros.poses import Pose
from avpr_ros.profiling import collect_stage_times, timed_stage
from avpr_ros.ros.common import messages
from avpr_ros.ros.common.callback_groups import PausableCallbackGroup
from avpr_ros.ros.common.thread_safe_future import ThreadSafeFuture
from avpr_ros.ros.localizer.camera_info import CameraInfoInput
from avpr_ros.ros.localizer.extrinsics import ExtrinsicsProvider
from avpr_ros.ros.localizer.gates import MotionGate, RateGate, too_old
from avpr_ros.ros.localizer.odometry import OdometryInput
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.publishers import Outputs
from avpr_ros.ros.localizer.recognizer_factory import NodeRecognizer
from avpr_ros.ros.localizer.statistics import Statistics
from avpr_ros.sources.images.decode import decode_compressed, decode_image
from avpr_ros.stamps import NS_PER_S

#: Seconds between two log lines about images of the same kind of fault.
THROTTLE_S = 5.0
#: How long nobody looks at images while the node is disabled.
DISABLED_REST_NS = NS_PER_S


@dataclass(frozen=True)
class Outcome:
    """What became of an image that somebody asked for.

    Attributes:
        success: whether it was matched.
        text: how, or why not.
    """

    success: bool
    text: str


class Processor:
    """Takes image messages one at a time and publishes what they say.

    Attributes:
        recognizer: map, query network and matcher; replaced as a whole.
        settings: the parameters as they are now; replaced as a whole.
        enabled: whether images are matched that nobody asked for.
        statistics: what happened so far.
    """

    def __init__(
        self,
        node: Node,
        settings: Settings,
        recognizer: NodeRecognizer,
        outputs: Outputs,
        odometry: OdometryInput,
        lenses: CameraInfoInput,
        extrinsics: ExtrinsicsProvider,
        rest: PausableCallbackGroup,
    ) -> None:
        self.settings = settings
        self.recognizer = recognizer
        self.enabled = True
        self.statistics = Statistics()
        self._node = node
        self._outputs = outputs
        self._odometry = odometry
        self._lenses = lenses
        self._mountings = extrinsics
        self._rest = rest
        self._gate = RateGate()
        self._motion = MotionGate()
        self._odometry_restarts = 0
        self._requests: list[ThreadSafeFuture[Outcome]] = []
        self._lock = threading.Lock()
        # Held while an image is matched and while the recogniser is replaced: no image sees half
        # of a change, and of two changes at a time none is lost.
        self._exchange = threading.Lock()

    def request(self, answer: ThreadSafeFuture[Outcome]) -> None:
        """Have the next image matched whatever the gates say, and its outcome told."""
        with self._lock:
            self._requests.append(answer)
        self._rest.end()

    def withdraw(self, answer: ThreadSafeFuture[Outcome]) -> None:
        """Forget a request that nobody waits for any more, if it is still there."""
        with self._lock:
            self._requests = [one for one in self._requests if one is not answer]

    def enable(self, enabled: bool) -> None:
        """Start or stop matching; what the images before said does not hold over the pause."""
        self.enabled = enabled
        self._rest.end()
        with self._exchange:
            self.recognizer.matcher.forget()

    def clear(self) -> None:
        """Forget what depends on time going forward."""
        self._gate.reset()
        self._motion.reset()
        self._odometry.clear()
        with self._exchange:
            self.recognizer = self.recognizer.restarted(self.settings)
        self.statistics.last_fix_s = None
        self.statistics.moved_images.clear()
        self._rest.end()

    def apply(self, settings: Settings) -> None:
        """Go on with other parameters."""
        with self._exchange:
            self.recognizer = self.recognizer.with_settings(settings)
            self.settings = settings
        self._rest.end()

    def exchange(self, recognizer: NodeRecognizer, opened_with: Settings) -> None:
        """Go on with another map and query network, from the next image on.

        Its keyframes are published between the last match in the old map and the first in the new
        one: the ids of ``~/loop_closure`` mean those published last.

        Args:
            recognizer: the new one.
            opened_with: its parameters; they may have changed while it was opened.
        """
        with self._exchange:
            if self.settings != opened_with:
                recognizer = recognizer.with_settings(self.settings)
            self.recognizer = recognizer
            self._outputs.publish_keyframes(recognizer)

    def overlooked(self, images: int) -> None:
        """Count images that came while nobody looked."""
        self.statistics.dropped['rate' if self.enabled else 'disabled'] += images

    def work(self, camera: str, message: Any) -> None:
        """Match one message; what goes wrong with it is logged and counted, not published."""
        with self._lock:
            requests, self._requests = self._requests, []
        stamp_ns = messages.stamp_ns(message.header.stamp)
        if not requests and not self._timely(stamp_ns):
            return
        odom_from_base = self._odometry.at(stamp_ns, self.settings.odom_wait_s)
        if not self._moved(camera, stamp_ns, odom_from_base) and not requests:
            return
        outcome = Outcome(False, 'The image could not be matched; the log says why.')
        try:
            with self._exchange:
                self._follow_restarts()
                result = self._match(camera, message, odom_from_base)
            outcome = Outcome(result.accepted, result.text)
        except ImageDecodeError as error:
            outcome = Outcome(False, str(error))
            self.statistics.undecodable(camera, outcome.text)
            self._node.get_logger().warning(
                f"An image of camera '{camera}' is dropped: {error}",
                throttle_duration_sec=THROTTLE_S,
            )
        except ExtrinsicsError as error:
            outcome = Outcome(False, str(error))
            self.statistics.dropped['no_transform'] += 1
            self._node.get_logger().warning(outcome.text, throttle_duration_sec=THROTTLE_S)
        finally:
            for request in requests:
                request.resolve(outcome)

    def failed(self, error: Exception) -> None:
        """Count and log what nobody foresaw; the node lives on."""
        if not self._node.context.ok():
            return  # publishing fails while ROS shuts down: that is no fault of an image
        self.statistics.failures += 1
        self._node.get_logger().error(
            f'An image could not be matched: {type(error).__name__}: {error}',
            throttle_duration_sec=THROTTLE_S,
        )

    def _timely(self, stamp_ns: int) -> bool:
        """Tell whether the gates of age and rate let an image pass, before it is decoded."""
        dropped = self.statistics.dropped
        now_ns = self._node.get_clock().now().nanoseconds
        if not self.enabled:
            dropped['disabled'] += 1
            self._take_rest(DISABLED_REST_NS)
        elif too_old(stamp_ns, now_ns, self.settings.max_image_age_s):
            dropped['too_old'] += 1
        elif not self._gate.open(now_ns, self.settings.max_rate_hz):
            dropped['rate'] += 1
        else:
            self._take_rest(self._gate.closed_for_ns(now_ns, self.settings.max_rate_hz))
            return True
        return False

    def _take_rest(self, duration_ns: int) -> None:
        """Look at no images for so long, unless somebody has asked for the next one."""
        with self._lock:
            if not self._requests:
                self._rest.begin(duration_ns)

    def _moved(self, camera: str, stamp_ns: int, odom_from_base: Pose | None) -> bool:
        """Tell whether the gate of motion lets an image pass, before it is decoded."""
        s = self.settings
        if camera in self.statistics.moved_images:
            return True  # Carried with its wheels at rest, the robot has moved all the same.
        if self._motion.open(
            camera, stamp_ns, odom_from_base, s.min_travel_m, s.min_turn_rad, s.stationary_period_s
        ):
            return True
        self.statistics.dropped['still'] += 1
        return False

    def _follow_restarts(self) -> None:
        """Where odometry began anew, motion from before it says nothing any more."""
        if self._odometry.restarts != self._odometry_restarts:
            self._odometry_restarts = self._odometry.restarts
            self.recognizer = self.recognizer.restarted(self.settings)

    def _match(self, camera: str, message: Any, odom_from_base: Pose | None) -> MatchResult:
        recognizer = self.recognizer
        stamp_ns = messages.stamp_ns(message.header.stamp)
        mounting = self._mountings.of(camera, message.header.frame_id)
        with collect_stage_times() as stages_s:
            with timed_stage('decode'):
                image = _decode(message, recognizer.least_side_px)
            result = recognizer.recognize(
                image, stamp_ns, camera, odom_from_base, self._lenses.lens(camera), mounting
            )
            self.statistics.matched(result)
            with timed_stage('publish'):
                self._outputs.publish(result, recognizer, image)
        self.statistics.took(stages_s)
        return result


def _decode(message: Any, least_side_px: int) -> RgbImage:
    if isinstance(message, Image):
        return decode_image(message)
    return decode_compressed(message, least_side_px)
