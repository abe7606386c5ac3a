# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is published for people to look at, and only while somebody does."""

from __future__ import annotations

import array

from geometry_msgs.msg import Point
from rclpy.node import Node
from sensor_msgs.msg import Image
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from avpr_ros.arrays import FloatArray, RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.gallery import Gallery
from avpr_ros.localization.match_picture import match_picture
from avpr_ros.localization.result import MatchResult
from avpr_ros.ros.common.messages import pose_message, stamp_message

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


#: Matches that stay visible; the oldest makes room for the newest.
TRAIL = 200
KEYFRAMES, MATCHES, LINKS, REASON = 'keyframes', 'matches', 'links', 'reason'
_GREY, _GREEN, _RED = (0.6, 0.65, 0.7), (0.1, 0.7, 0.3), (0.85, 0.2, 0.2)
_DOT_M = 0.4
_ARROW_M = (2.0, 0.4, 0.4)
_LINE_M = 0.1
_TEXT_M = 0.8
_TEXT_ABOVE_M = 2.0


def keyframes_marker(poses: FloatArray, frame: str) -> Marker:
    """Return the map's keyframes, (N, 7) ``map_from_base``, as one marker."""
    marker = _marker(KEYFRAMES, 0, Marker.SPHERE_LIST, frame, _GREY)
    marker.scale.x = marker.scale.y = marker.scale.z = _DOT_M
    marker.points = [Point(x=float(x), y=float(y), z=float(z)) for x, y, z in poses[:, :3]]
    return marker


def match_markers(
    result: MatchResult, keyframes: FloatArray, frame: str, number: int
) -> list[Marker]:
    """Return what is to be seen of a match.

    An arrow where the query would be, a line from there to the keyframe it was matched with, and
    why or why not as text above.

    Args:
        result: its best candidate is drawn, accepted or not; without one, nothing.
        keyframes: (N, 7) ``map_from_base`` of the map's keyframes, by row.
        frame: of the map.
        number: of this query, counted from 0.

    Raises:
        ValueError: numbers that must not be published.
    """
    if not result.candidates:
        return []
    pose = pose_message(result.candidates[0].map_from_base.as_xyz_quaternion())
    colour = _GREEN if result.accepted else _RED
    arrow = _marker(MATCHES, number % TRAIL, Marker.ARROW, frame, colour)
    arrow.scale.x, arrow.scale.y, arrow.scale.z = _ARROW_M
    line = _marker(LINKS, number % TRAIL, Marker.LINE_LIST, frame, colour)
    line.scale.x = _LINE_M
    matched = keyframes[result.candidates[0].row, :3]
    line.points = [Point(x=pose.position.x, y=pose.position.y, z=pose.position.z)]
    line.points.append(Point(**dict(zip('xyz', map(float, matched), strict=True))))
    text = _marker(REASON, 0, Marker.TEXT_VIEW_FACING, frame, colour)
    text.scale.z, text.text = _TEXT_M, result.text
    for marker in (arrow, line, text):
        marker.header.stamp = stamp_message(result.stamp_ns)
    arrow.pose = pose
    text.pose.position.x, text.pose.position.y = pose.position.x, pose.position.y
    text.pose.position.z = pose.position.z + _TEXT_ABOVE_M
    return [arrow, line, text]


def clear_marker() -> Marker:
    """Return what takes all earlier markers away."""
    return Marker(action=Marker.DELETEALL)


def _marker(
    group: str, number: int, kind: int, frame: str, colour: tuple[float, float, float]
) -> Marker:
    marker = Marker(ns=group, id=number, type=kind, action=Marker.ADD)
    marker.header.frame_id = frame
    marker.pose.orientation.w = 1.0
    red, green, blue = colour
    marker.color = ColorRGBA(r=red, g=green, b=blue, a=1.0)
    return marker


def match_image_message(result: MatchResult, picture: RgbImage) -> Image:
    """Return a picture as a message at the stamp of the query, its frame the camera's name."""
    height, width = picture.shape[:2]
    message = Image(height=height, width=width, encoding='rgb8', step=3 * width)
    message.header.stamp = stamp_message(result.stamp_ns)
    message.header.frame_id = result.camera
    message.data = array.array('B', picture.tobytes())
    return message
