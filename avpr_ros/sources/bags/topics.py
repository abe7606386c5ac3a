# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag are meant: images, poses, camera_info; names for the cameras."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from avpr_ros.errors import AmbiguousTopicError, SourceError
from avpr_ros.sources.poses.gnss import FIX_TYPE
from avpr_ros.sources.poses.pose_topics import POSE_TYPES

RAW_TYPE = 'sensor_msgs/msg/Image'
COMPRESSED_TYPE = 'sensor_msgs/msg/CompressedImage'
INFO_TYPE = 'sensor_msgs/msg/CameraInfo'
TF_TYPE = 'tf2_msgs/msg/TFMessage'
IMAGE_TYPES = (RAW_TYPE, COMPRESSED_TYPE)
#: Last parts of image topics that do not identify the camera (image_pipeline, image_transport).
_COMMON_PARTS = {
    *('compressed', 'image', 'image_raw', 'image_color', 'image_mono'),
    *('image_rect', 'image_rect_color', 'rgb', 'color'),
}


def choose_image_topics(topics: Mapping[str, str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the wanted image topics, or the only one.

    Args:
        topics: message type by topic.
        wanted: topics given by the user, or none.

    Raises:
        SourceError: a wanted topic has no images, or the choice is ambiguous; lists the topics.
    """
    available = [
        topic
        for topic, msgtype in topics.items()
        if msgtype in IMAGE_TYPES and not topic.endswith('/compressedDepth')
    ]
    for topic in wanted:
        if topic not in topics:
            raise SourceError(
                f'Image topic {topic} is not in the bag; choose with --image-topic one of '
                f'{_listed(available)}.'
            )
        if topics[topic] not in IMAGE_TYPES:
            raise SourceError(
                f'Topic {topic} has type {topics[topic]}, not images; choose with --image-topic '
                f'one of {_listed(available)}.'
            )
    if wanted:
        return tuple(dict.fromkeys(wanted))
    if len(available) != 1:
        advice = (
            f'choose with --image-topic, such as --image-topic {available[0]}'
            if available
            else f'its topics are {_listed(topics)}'
        )
        raise _error(available)(
            f'The bag has {len(available)} image topics ({_listed(available)}): {advice}.'
        )
    return (available[0],)


def choose_pose_topic(topics: Mapping[str, str], wanted: str | None) -> str:
    """Return the wanted pose topic, or the only one; /tf counts as one.

    Raises:
        SourceError: the wanted topic has no poses, or the choice is ambiguous; lists the topics.
    """
    available = [
        topic
        for topic, msgtype in topics.items()
        if msgtype in (*POSE_TYPES, FIX_TYPE)
        or (msgtype == TF_TYPE and not topic.endswith('tf_static'))
    ]
    if wanted is not None:
        if wanted not in available:
            fault = f'has type {topics[wanted]}' if wanted in topics else 'is not in the bag'
            raise SourceError(
                f'Pose topic {wanted} {fault}; choose with --pose-topic one of '
                f'{_listed(available)}.'
            )
        return wanted
    if len(available) != 1:
        advice = (
            f'choose with --pose-topic, such as --pose-topic {available[0]}'
            if available
            else 'give poses with --tum or --poses'
        )
        raise _error(available)(
            f'The bag has {len(available)} pose topics ({_listed(available)}): {advice}.'
        )
    return available[0]


def _error(available: Sequence[str]) -> type[SourceError]:
    return AmbiguousTopicError if available else SourceError


def check_one_type(topic: str, types: Sequence[str]) -> None:
    """Check that all messages of a topic have one type; raises ``SourceError``."""
    if len(types) > 1:
        raise SourceError(
            f'Topic {topic} has messages of {len(types)} types ({_listed(types)}): choose another '
            'topic, or record each type under its own name.'
        )


def info_topic(image_topic: str, topics: Mapping[str, str]) -> str | None:
    """Return the ``camera_info`` that belongs to an image topic, or None.

    It has the image's namespace (image_pipeline's rule) or, with some drivers, the image's name
    as its namespace.
    """
    base = image_topic.removesuffix('/compressed')
    for parent in (base.rpartition('/')[0], base):
        if topics.get(f'{parent}/camera_info') == INFO_TYPE:
            return f'{parent}/camera_info'
    return None


def stray_info_topics(topics: Mapping[str, str]) -> tuple[str, ...]:
    """Return the ``camera_info`` topics that belong to no image topic by their name."""
    images = [topic for topic, msgtype in topics.items() if msgtype in IMAGE_TYPES]
    taken = {info_topic(topic, topics) for topic in images}
    infos = [topic for topic, msgtype in topics.items() if msgtype == INFO_TYPE]
    return tuple(topic for topic in infos if topic not in taken)


def camera_names(image_topics: Sequence[str]) -> tuple[str, ...]:
    """Return short unique names: ``/cam0/image_raw/compressed`` becomes ``cam0``."""
    names = [_short_name(topic) for topic in image_topics]
    if len(set(names)) < len(names):
        return tuple(topic.strip('/').replace('/', '_') for topic in image_topics)
    return tuple(names)


def _short_name(topic: str) -> str:
    parts = topic.strip('/').split('/')
    while parts and parts[-1] in _COMMON_PARTS:
        parts.pop()
    return '_'.join(parts) or 'camera'


def _listed(topics: Iterable[str]) -> str:
    return ', '.join(topics) or 'none'
