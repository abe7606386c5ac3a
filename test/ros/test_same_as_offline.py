# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One bag through the node and through ``avpr localize``: the same decisions."""

from __future__ import annotations

from collections.abc import Callable
import csv
from dataclasses import replace
from pathlib import Path
import shutil
from typing import Any

from nav_msgs.msg import Odometry
import numpy as np
import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
import town

from avpr_ros.cli.localize import localize
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.ros.common.messages import stamp_message
from avpr_ros.runtime.query_manifest import QueryManifest

TOPIC = '/camera/image/compressed'
#: Places as driven; the robot comes by two that the map does not know, and jumps once.
WAY = (1, 2, 3, 4, 5, 1000, 6, 7, 2, 8, 9, 1001, 10, 11)
S = 10**9


def messages() -> list[tuple[int, Odometry, Any]]:
    """Return stamp, odometry and JPEG of each image; the odometry starts elsewhere, turned."""
    sent = []
    for number, place in enumerate(WAY):
        stamp_ns = town.FIRST_STAMP_NS + number * S
        odometry, image = Odometry(), pictures.compressed(town.view(place), 'jpeg')
        odometry.header.frame_id, odometry.child_frame_id = 'odom', 'base_link'
        odometry.header.stamp = stamp_message(stamp_ns)
        odometry.pose.pose.position.y = 40.0 + town.SPACING_M * number
        odometry.pose.pose.orientation.z = odometry.pose.pose.orientation.w = 0.5**0.5
        image.header.stamp = stamp_message(stamp_ns)
        sent.append((stamp_ns, odometry, image))
    return sent


def write_bag(folder: Path) -> Path:
    store = get_typestore(Stores.ROS2_JAZZY)
    with Writer(folder, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        odom = writer.add_connection('/odom', 'nav_msgs/msg/Odometry', typestore=store)
        images = writer.add_connection(TOPIC, 'sensor_msgs/msg/CompressedImage', typestore=store)
        for stamp_ns, odometry, image in messages():
            writer.write(odom, stamp_ns, serialize_message(odometry))
            writer.write(images, stamp_ns, serialize_message(image))
    return folder


@pytest.mark.parametrize('standardized', [False, True])
def test_node_and_command_decide_alike(
    start: Callable[..., NodeProcess],
    peer_of: Callable[[NodeProcess], Peer],
    town_map: Path,
    town_query: Path,
    tmp_path: Path,
    standardized: bool,
) -> None:
    query = standardized_query(town_query, tmp_path) if standardized else town_query
    node = start(
        f'same_as_offline_{standardized}'.lower(),
        query_network=query,
        temporal_filter='consistency',
        image_transport='compressed',
        min_travel_m=0.0,
        max_speed_m_s=10.0,
        odom_wait_s=1.0,
    )
    peer = peer_of(node)
    said = over_topics(peer)
    # The next node hears its own publishers only, and its publishers wait for no other node.
    assert node.stop() == 0
    localize(
        write_bag(tmp_path / 'bag'),
        town_map,
        tmp_path / 'out',
        query,
        odom_topic='/odom',
        max_speed_m_s=10.0,
    )
    with (tmp_path / 'out' / 'matches.csv').open() as stream:
        offline = list(csv.DictReader(stream))
    reasons = {row['reason'] for row in offline if row['rank'] == '0'}
    assert reasons >= {
        'accepted',
        'low_similarity',
        'temporal_inconsistency',
        'odometry_inconsistency',
    }
    assert sum(map(len, said.values())) == len(offline)
    for row in offline:
        live = said[int(row['stamp_ns'])][int(row['rank'])]
        for name in ('keyframe_id', 'reason', 'similarity', 'ratio'):
            assert live[name] == row[name], (name, row)
        numbers = [[float(one[name]) for name in ('x_m', 'y_m', 'qw')] for one in (live, row)]
        np.testing.assert_allclose(*numbers, atol=1e-5)
    check_poses(peer, tmp_path / 'out' / 'poses.csv')


def standardized_query(query: Path, folder: Path) -> Path:
    """Copy a query network and calibrate it for standardised descriptors."""
    copied = Path(shutil.copy(query, folder / 'query.onnx'))
    manifest = QueryManifest.load(query.with_suffix('.json'))
    calibration = Calibration(town.MIN_SIMILARITY, standardized=Calibration(0.7))
    replace(manifest, calibration=calibration).save(copied.with_suffix('.json'))
    return copied


def over_topics(peer: Peer) -> dict[int, list[dict[str, str]]]:
    """Send all to the node; return the candidates of each image, by stamp."""
    from sensor_msgs.msg import CompressedImage

    images = peer.publisher(CompressedImage, 'image/compressed')
    odometry = peer.publisher(Odometry, 'odom')
    found = {}
    for stamp_ns, moved, image in messages():
        odometry.publish(moved)
        images.publish(image)
        matches = peer.until(lambda at=stamp_ns: peer.matches_of(at), 'matches of the image')
        found[stamp_ns] = [values_of(status) for status in matches.status]
    for publisher in (images, odometry):
        peer.node.destroy_publisher(publisher)
    return found


def check_poses(peer: Peer, file: Path) -> None:
    """Compare accepted poses and their variances."""
    with file.open() as stream:
        rows = list(csv.DictReader(stream))
    assert rows
    for row in rows:
        stamp_ns = int(row['stamp_ns'])
        live = peer.until(lambda at=stamp_ns: peer.estimate_pose(at), 'the pose').pose
        assert abs(live.pose.position.x - float(row['x_m'])) < 1e-5
        variances = np.reshape(live.covariance, (6, 6)).diagonal()
        names = [f'cov_{a}_{a}' for a in ('x', 'y', 'z', 'roll', 'pitch', 'yaw')]
        np.testing.assert_allclose(variances, [float(row[n]) for n in names], rtol=1e-4)
