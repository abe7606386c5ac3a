# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One camera's subscription, with a reliability that fits the publishers there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import time
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo
from sensor_msgs.msg import CompressedImage, Image

from avpr_ros.errors import ConfigError
from avpr_ros.ros.common.callback_groups import PausableCallbackGroup
from avpr_ros.ros.common.compat import SubscriptionEventCallbacks, take_message
from avpr_ros.ros.common.localizer_interface import RELIABILITIES
from avpr_ros.ros.common.topic_hints import interface_type
from avpr_ros.ros.localizer.interface import image_topic


def fitting_reliability(publishers: Sequence[TopicEndpointInfo]) -> QoSReliabilityPolicy:
    """Return reliable if every publisher offers it, else best effort, which all can serve.

    Raw images are larger than a datagram: best effort loses most of them even on one machine, so
    reliable is taken where it can be had.
    """
    if publishers and all(
        one.qos_profile.reliability == QoSReliabilityPolicy.RELIABLE for one in publishers
    ):
        return QoSReliabilityPolicy.RELIABLE
    return QoSReliabilityPolicy.BEST_EFFORT


def image_topics(node: Node, cameras: tuple[str, ...]) -> dict[str, str]:
    """Return the topic of each camera's raw images, before remapping.

    Raises:
        ConfigError: two cameras would listen on one topic after remapping.
    """
    topics = {camera: image_topic(camera, cameras) for camera in cameras}
    cameras_on: dict[str, str] = {}
    for camera, topic in topics.items():
        resolved = node.resolve_topic_name(topic)
        other = cameras_on.setdefault(resolved, camera)
        if other != camera:
            raise ConfigError(
                f"Cameras '{other}' and '{camera}' both listen on {resolved}: their images would "
                f'be taken for two views; remap {topics[other]} and {topic} to a topic each.'
            )
    return topics


def image_offers(base_topic: str, transport: str) -> list[tuple[str, Any]]:
    """Return the topics and types that a camera's images may come on, the preferred one first.

    With ``auto`` the topic of the raw images may itself carry compressed ones, as that of a
    driver without image_transport does.
    """
    raw, compressed = (base_topic, Image), (f'{base_topic}/compressed', CompressedImage)
    if transport == 'auto':
        return [raw, compressed, (base_topic, CompressedImage)]
    return [raw if transport == 'raw' else compressed]


@dataclass(frozen=True)
class ImageStream:
    """What one camera's images are subscribed to with.

    Attributes:
        camera: the camera's name.
        base_topic: topic of the raw images; remapping it moves the compressed one with it.
        transport: ``auto``, ``raw`` or ``compressed``.
        reliability: ``auto``, ``reliable`` or ``best_effort``.
    """

    camera: str
    base_topic: str
    transport: str
    reliability: str


class ImageInput:
    """Subscribes to one camera and hands its messages on.

    With reliability ``auto`` there is no subscription until there is a publisher: asking for the
    best available before that was measured to end in a subscription that never receives.
    :meth:`poll` checks the publishers: it subscribes anew when another set of publishers needs
    another reliability, and gives the subscription up when the last publisher has gone, so that
    the next one is met with the right one.

    With transport ``auto`` the publishers decide, too: raw images before compressed ones. The
    choice stays once an image has come on a topic that is still published.

    Attributes:
        camera: the camera's name.
        argument: name of the raw images' topic before remapping.
        base_topic: resolved topic of the raw images.
        transport: as configured.
        topic: the resolved topic, remapped, with ``/compressed`` where that transport is used.
        message_type: of the topic.
        received: how many messages were taken.
        last_received_s: ``time.monotonic()`` of the last of them; of the start before that.
        subscribed_s: ``time.monotonic()`` of the last subscription.
        incompatible: last QoS policy that did not fit a publisher's; empty if none.
    """

    def __init__(
        self,
        node: Node,
        stream: ImageStream,
        deliver: Callable[[str, Any], None],
        pause: PausableCallbackGroup,
    ) -> None:
        """Subscribe, or wait for a publisher.

        Args:
            node: the node that subscribes.
            stream: camera, topic, transport and reliability.
            deliver: called with the camera's name and each message, in the executor's thread.
            pause: callback group of the subscription.
        """
        self.camera = stream.camera
        self.argument = stream.base_topic
        self.transport = stream.transport
        self.base_topic = node.resolve_topic_name(stream.base_topic)
        self._offers = image_offers(self.base_topic, stream.transport)
        self.topic, self.message_type = self._offers[0]
        self.received = 0
        self.last_received_s = self.subscribed_s = time.monotonic()
        self.incompatible = ''
        self._node = node
        self._deliver = deliver
        self._pause = pause
        self._asked = RELIABILITIES.get(stream.reliability)
        self._reliability: QoSReliabilityPolicy | None = None
        self._subscription: Subscription | None = None
        self._received_before = 0
        if self._asked is not None and len(self._offers) == 1:
            self._subscribe(self._asked)
        self.poll()

    @property
    def reliability(self) -> str:
        """The reliability asked for, or ``waiting for a publisher``."""
        if self._reliability is None:
            return 'waiting for a publisher'
        return self._reliability.name.lower()

    def publisher_count(self) -> int:
        """Return how many publishers the topic has."""
        return int(self._node.count_publishers(self.topic))

    def poll(self) -> None:
        """Check the publishers; subscribe, or subscribe anew, where that is needed."""
        publishers = self._choose()
        if self._asked is not None and self._subscription is not None:
            return
        if not publishers:
            self._unsubscribe()
            return
        wanted = self._asked or fitting_reliability(publishers)
        if wanted != self._reliability:
            self._subscribe(wanted)

    def _choose(self) -> list[TopicEndpointInfo]:
        """Choose among the topics that the images may come on; return the chosen's publishers."""
        publishers = self._publishers(self.topic, self.message_type)
        if publishers and self.received > self._received_before:
            return publishers
        for topic, message_type in self._offers:
            if found := self._publishers(topic, message_type):
                if (topic, message_type) != (self.topic, self.message_type):
                    self._unsubscribe()
                    self.topic, self.message_type = topic, message_type
                return found
        return []

    def _publishers(self, topic: str, message_type: Any) -> list[TopicEndpointInfo]:
        kind = interface_type(message_type)
        found = self._node.get_publishers_info_by_topic(topic)
        return [one for one in found if one.topic_type == kind]

    def discard_pending(self) -> int:
        """Take the message that came in a pause; return 1, or 0 where none came."""
        if self._subscription is None or take_message(self._subscription, raw=True) is None:
            return 0
        self._note()
        return 1

    def _unsubscribe(self) -> None:
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
        self._subscription = self._reliability = None

    def _subscribe(self, reliability: QoSReliabilityPolicy) -> None:
        self._unsubscribe()
        self._received_before = self.received
        self._reliability = reliability
        self.subscribed_s = time.monotonic()
        self.incompatible = ''
        self._subscription = self._node.create_subscription(
            self.message_type,
            self.topic,
            self._on_message,
            QoSProfile(depth=1, reliability=reliability),
            callback_group=self._pause,
            event_callbacks=SubscriptionEventCallbacks(incompatible_qos=self._on_incompatible),
        )
        self._node.get_logger().info(
            f"Camera '{self.camera}' listens on {self.topic} "
            f'({interface_type(self.message_type)}), {self.reliability}.'
        )

    def _on_message(self, message: Any) -> None:
        self._note()
        self._deliver(self.camera, message)

    def _note(self) -> None:
        self.received += 1
        self.last_received_s = time.monotonic()

    def _on_incompatible(self, event: Any) -> None:
        if self._asked is None:
            return  # the next poll subscribes anew
        kind = str(getattr(event.last_policy_kind, 'name', event.last_policy_kind))
        self.incompatible = kind.lower().removeprefix('rmw_qos_policy_')
        self._node.get_logger().warning(
            f'A publisher of {self.topic} does not offer the {self.incompatible} asked of it '
            f"({self.reliability}); set image_reliability to 'auto'."
        )
