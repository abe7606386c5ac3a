# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The choice of topics, and the lists that errors give."""

from __future__ import annotations

import pytest

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.topics import (
    COMPRESSED_TYPE,
    INFO_TYPE,
    RAW_TYPE,
    TF_TYPE,
    camera_names,
    check_one_type,
    choose_image_topics,
    choose_pose_topic,
    info_topic,
)

ODOMETRY = 'nav_msgs/msg/Odometry'


def test_choose_image_topics_default_is_only_topic() -> None:
    topics = {'/cam': RAW_TYPE, '/depth/compressedDepth': COMPRESSED_TYPE, '/odom': ODOMETRY}

    assert choose_image_topics(topics, ()) == ('/cam',)


@pytest.mark.parametrize(
    ('topics', 'wanted', 'words'),
    [
        (
            {'/a': RAW_TYPE, '/b': COMPRESSED_TYPE},
            (),
            r'2 image topics \(/a, /b\): choose with --image-topic',
        ),
        ({'/odom': ODOMETRY}, (), r'0 image topics \(none\): its topics are /odom'),
        ({'/a': RAW_TYPE}, ('/c',), '/c is not in the bag; choose with --image-topic one of /a'),
        (
            {'/a': RAW_TYPE, '/odom': ODOMETRY},
            ('/odom',),
            'not images; choose with --image-topic one of /a',
        ),
    ],
)
def test_unclear_image_topics_are_listed(
    topics: dict[str, str], wanted: tuple[str, ...], words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        choose_image_topics(topics, wanted)


def test_choose_pose_topic_ignores_static_transforms() -> None:
    assert choose_pose_topic({'/tf': TF_TYPE, '/tf_static': TF_TYPE}, None) == '/tf'
    assert choose_pose_topic({'/tf': TF_TYPE, '/odom': ODOMETRY}, '/tf') == '/tf'


@pytest.mark.parametrize(
    ('topics', 'wanted', 'words'),
    [
        (
            {'/tf': TF_TYPE, '/odom': ODOMETRY},
            None,
            r'2 pose topics \(/tf, /odom\): choose with --pose-topic',
        ),
        ({'/cam': RAW_TYPE}, None, r'0 pose topics \(none\): give poses with --tum'),
        ({'/cam': RAW_TYPE, '/tf': TF_TYPE}, '/cam', '/cam has type .* --pose-topic one of /tf'),
        ({'/tf': TF_TYPE}, '/odom', '/odom is not in the bag; .* /tf'),
    ],
)
def test_unclear_pose_topics_are_listed(
    topics: dict[str, str], wanted: str | None, words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        choose_pose_topic(topics, wanted)


def test_camera_names_are_short_and_unique() -> None:
    assert camera_names(['/cam0/image_raw/compressed', '/rig/left/image_rect_color']) == (
        'cam0',
        'rig_left',
    )
    assert camera_names(['/image']) == ('camera',)
    assert camera_names(['/cam/image_raw', '/cam/image_rect']) == (
        'cam_image_raw',
        'cam_image_rect',
    )


def test_info_topic_is_next_to_or_below_image_topic() -> None:
    assert info_topic('/c/image_raw/compressed', {'/c/camera_info': INFO_TYPE}) == '/c/camera_info'
    below = '/c/image_raw/camera_info'
    assert info_topic('/c/image_raw', {below: INFO_TYPE}) == below
    assert info_topic('/c/image_raw', {'/d/camera_info': INFO_TYPE}) is None


def test_topic_of_two_types_is_refused() -> None:
    check_one_type('/odom', ['nav_msgs/msg/Odometry'])
    with pytest.raises(SourceError, match='/image has messages of 2 types'):
        check_one_type('/image', [RAW_TYPE, COMPRESSED_TYPE])
