# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
from rosbags.highlevel import AnyReader
from small_demo import CAMERA, STEP_M, picture, record

from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from simulation.drives.bag_writer import IMAGE_TOPIC, ODOMETRY_TOPIC, TRUTH_TOPIC
from simulation.rendering.camera import BASE_FROM_CAMERA


def test_a_written_drive_is_read_back_as_a_source(tmp_path: Path) -> None:
    record(tmp_path / 'drive1', 4)

    source = open_source(tmp_path / 'drive1', SourceOptions(pose_topic=ODOMETRY_TOPIC))
    frames = list(source.frames())

    assert source.preflight().ok
    assert [f.stamp_ns - frames[0].stamp_ns for f in frames] == [0, 5 * 10**8, 10**9, 15 * 10**8]
    assert np.allclose(frames[3].map_from_base.translation_m, [3 * STEP_M, 1.5, 0])
    assert source.map_frame == 'map'
    assert source.base_frame == 'base_link'
    decoded = frames[2].decode().astype(float)
    assert decoded.shape == (48, 64, 3)
    assert np.abs(decoded - picture(2)).mean() < 6


def test_bag_contains_intrinsics_and_extrinsics(tmp_path: Path) -> None:
    record(tmp_path / 'drive1', 2)

    (camera,) = open_source(tmp_path / 'drive1', SourceOptions(pose_topic=ODOMETRY_TOPIC)).cameras

    assert camera.name == 'camera'
    assert camera.base_from_camera is not None
    assert camera.base_from_camera.distance_m(BASE_FROM_CAMERA) < 1e-9
    assert camera.base_from_camera.angle_rad(BASE_FROM_CAMERA) < 1e-6
    assert camera.intrinsics is not None
    assert camera.intrinsics.k[0] == CAMERA.focal_px
    assert camera.intrinsics.k[2] == (CAMERA.width_px - 1) / 2


def test_optical_axis_points_ahead_and_a_little_up() -> None:
    forward, right, down = BASE_FROM_CAMERA.rotation.apply([[0, 0, 1], [1, 0, 0], [0, 1, 0]])

    up = np.radians(7)
    assert np.allclose(forward, [np.cos(up), 0, np.sin(up)])
    assert np.allclose(right, [0, -1, 0])
    assert np.allclose(down, [np.sin(up), 0, -np.cos(up)])


def test_bag_has_all_topics_with_rising_stamps(tmp_path: Path) -> None:
    record(tmp_path / 'drive1', 3)

    with AnyReader([tmp_path / 'drive1']) as reader:
        stamps = [stamp for _, stamp, _ in reader.messages()]
        counts = {c.topic: c.msgcount for c in reader.connections}

    assert stamps == sorted(stamps)
    assert counts == {
        IMAGE_TOPIC: 3,
        '/camera/camera_info': 3,
        ODOMETRY_TOPIC: 3,
        TRUTH_TOPIC: 3,
        '/tf_static': 1,
    }


def test_write_bag_replaces_existing_bag(tmp_path: Path) -> None:
    record(tmp_path / 'drive1', 5)
    record(tmp_path / 'drive1', 2)

    source = open_source(tmp_path / 'drive1', SourceOptions(pose_topic=ODOMETRY_TOPIC))

    assert len(list(source.images())) == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ['drive1']
