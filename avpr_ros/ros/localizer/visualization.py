# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is published for people to look at, and only while somebody does."""

from __future__ import annotations

from rclpy.node import Node
from sensor_msgs.msg import Image
from visualization_msgs.msg import MarkerArray

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.localization.result import MatchResult
from avpr_ros.ros.localizer.markers import clear_marker, keyframes_marker, match_markers
from avpr_ros.ros.localizer.match_image import match_image_message, match_picture

#: Seconds between two log lines about a thumbnail that cannot be read.
THROTTLE_S = 30.0
#: The keyframes come again with every so many matches, for watchers who came meanwhile.
KEYFRAMES_EVERY = 10


class Visuals:
    """The publishers of ``~/markers`` and ``~/match_image``; nobody watching, no work."""

    def __init__(self, node: Node) -> None:
        """Create the publishers."""
        self._node = node
        self._markers = node.create_publisher(MarkerArray, '~/markers', 10)
        self._match_image = node.create_publisher(Image, '~/match_image', 1)
        self._matches = 0
        self._drawn: Gallery | None = None

    def publish(self, result: MatchResult, gallery: Gallery, frame: str, image: RgbImage) -> None:
        """Show one result to those who watch.

        Args:
            result: the decision.
            gallery: the map it was made in.
            frame: of the map.
            image: (H, W, 3) the query.

        Raises:
            ValueError: numbers that must not be published.
        """
        if self._markers.get_subscription_count():
            self._markers.publish(self._draw(result, gallery, frame))
        if self._match_image.get_subscription_count():
            keyframe = self._thumbnail(result, gallery)
            picture = match_picture(image, keyframe, result.accepted, result.text)
            self._match_image.publish(match_image_message(result, picture))

    def _draw(self, result: MatchResult, gallery: Gallery, frame: str) -> MarkerArray:
        markers = match_markers(result, gallery.keyframes.poses, frame, self._matches)
        if gallery is not self._drawn or self._matches % KEYFRAMES_EVERY == 0:
            markers.insert(0, keyframes_marker(gallery.keyframes.poses, frame))
        if gallery is not self._drawn:
            markers.insert(0, clear_marker())
        self._drawn = gallery
        self._matches += 1
        return MarkerArray(markers=markers)

    def _thumbnail(self, result: MatchResult, gallery: Gallery) -> RgbImage | None:
        if not result.candidates:
            return None
        try:
            return gallery.thumbnail(result.candidates[0].row)
        except MapError as error:
            self._node.get_logger().warning(str(error), throttle_duration_sec=THROTTLE_S)
            return None
