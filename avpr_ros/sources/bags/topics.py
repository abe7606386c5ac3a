# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which topics of a bag are meant: images, poses, camera_info; names for the cameras."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.geodesy import FIX_TYPE
from avpr_ros.sources.poses.pose_topics import POSE_TYPES

RAW_TYPE = 'sensor_msgs/msg/Image'
COMPRESSED_TYPE = 'sensor_msgs/msg/CompressedImage'
INFO_TYPE = 'sensor_msgs/msg/CameraInfo'
TF_TYPE = 'tf2_msgs/msg/TFMessage'
_IMAGE_TYPES = (RAW_TYPE, COMPRESSED_TYPE)
#: Last parts of image topics that say nothing of the camera (image_pipeline, image_transport).
_COMMON_PARTS = {
    *('compressed', 'image', 'image_raw', 'image_color', 'image_mono'),
    *('image_rect', 'image_rect_color', 'rgb', 'color'),
}


def choose_image_topics(topics: Mapping[str, str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the image topics asked for, or the only one there is.

    Args:
        topics: message type by topic.
        wanted: topics the user named, or none.

    Raises:
        SourceError: a named topic has no images, or the choice is not clear; lists what is there.
    """
    there = [
        topic
        for topic, msgtype in topics.items()
        if msgtype in _IMAGE_TYPES and not topic.endswith('/compressedDepth')
    ]
    for topic in wanted:
        if topic not in topics:
            raise SourceError(
                f'Image topic {topic} is not in the bag: image topics there are {_listed(there)}.'
            )
        if topics[topic] not in _IMAGE_TYPES:
            raise SourceError(
                f'Topic {topic} is of type {topics[topic]}, not of images: image topics there are '
                f'{_listed(there)}.'
            )
    if wanted:
        return tuple(dict.fromkeys(wanted))
    if len(there) != 1:
        advice = 'name those to use' if there else f'it holds {_listed(topics)}'
        raise SourceError(f'The bag has {len(there)} image topics ({_listed(there)}): {advice}.')
    return (there[0],)


def choose_pose_topic(topics: Mapping[str, str], wanted: str | None) -> str:
    """Return the pose topic asked for, or the only one there is; /tf counts as one.

    Raises:
        SourceError: the named topic has no poses, or the choice is not clear; lists what is there.
    """
    there = [
        topic
        for topic, msgtype in topics.items()
        if msgtype in (*POSE_TYPES, FIX_TYPE)
        or (msgtype == TF_TYPE and not topic.endswith('tf_static'))
    ]
    if wanted is not None:
        if wanted not in there:
            has = f'is of type {topics[wanted]}' if wanted in topics else 'is not in the bag'
            raise SourceError(
                f'Pose topic {wanted} {has}: topics with poses there are {_listed(there)}.'
            )
        return wanted
    if len(there) != 1:
        advice = 'name the one to use' if there else 'name a TUM file or a CSV with poses'
        raise SourceError(f'The bag has {len(there)} pose topics ({_listed(there)}): {advice}.')
    return there[0]


def info_topic(image_topic: str, topics: Mapping[str, str]) -> str | None:
    """Return the ``camera_info`` that belongs to an image topic, or None.

    It stands beside the image (image_pipeline's rule) or, as some drivers have it, below it.
    """
    base = image_topic.removesuffix('/compressed')
    for parent in (base.rpartition('/')[0], base):
        if topics.get(f'{parent}/camera_info') == INFO_TYPE:
            return f'{parent}/camera_info'
    return None


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
