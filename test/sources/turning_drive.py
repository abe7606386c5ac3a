# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A drive whose camera turns left and right in front of a picture, with one fault at a time."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from small_bags import (
    EPOCH_NS,
    SECOND_NS,
    Sent,
    camera_info,
    header,
    make,
    odometry,
    raw_image,
    tf,
)

WIDTH, HEIGHT, FOCAL_PX, IMAGES, RATE_HZ = 160, 120, 120.0, 150, 15
#: base_from_camera of a camera that looks along x: x right, y down, z forward.
OPTICAL = (-0.5, 0.5, -0.5, 0.5)


def yaw_rad(seconds: float) -> float:
    return 0.5 * float(np.sin(1.7 * seconds) + 0.3 * np.sin(4.1 * seconds))


def panorama() -> Any:
    """Return a grey picture with structure of all sizes."""
    rng = np.random.default_rng(3)
    total = np.zeros((HEIGHT, 600))
    for size in (2, 5, 12, 30, 60):
        noise = rng.normal(size=(HEIGHT // size + 2, 600 // size + 2)).astype(np.float32)
        total += cv2.resize(noise, (600, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(120 + 30 * total, 0, 255)


def turning_images() -> list[Any]:
    """Return the images of the drive, with the noise of a camera."""
    picture, rng = panorama(), np.random.default_rng(5)
    images = []
    for number in range(IMAGES):
        left = 220 - FOCAL_PX * yaw_rad(number / RATE_HZ)
        shift = np.float32([[1, 0, -left], [0, 1, 0]])
        view = cv2.warpAffine(picture, shift, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        grey = np.clip(view + rng.normal(0, 1.5, view.shape), 0, 255).astype(np.uint8)
        images.append(np.repeat(grey[:, :, np.newaxis], 3, axis=2))
    return images


def turning_drive(
    images: list[Any] | None = None,
    *,
    image_offset_s: float = 0.0,
    mounting: tuple[float, float, float, float] | None = OPTICAL,
    calibrated: bool = True,
) -> list[Sent]:
    """Return the messages: images, camera_info, odometry 30 times a second, /tf_static."""
    sent = []
    for number, image in enumerate(images or turning_images()):
        stamp = EPOCH_NS + round((number / RATE_HZ + image_offset_s) * SECOND_NS)
        sent.append(Sent('/cam/image_raw', raw_image(stamp, image), stamp))
    for tick in range(2 * IMAGES + 40):
        seconds = tick / (2 * RATE_HZ) - 0.5
        stamp = EPOCH_NS + round(seconds * SECOND_NS)
        sent.append(Sent('/odom', odometry(stamp, 0.5 * seconds, 0.0, yaw_rad(seconds)), stamp))
    if calibrated:
        sent.append(Sent('/cam/camera_info', calibration(), EPOCH_NS))
    if mounting is not None:
        sent.append(Sent('/tf_static', tf(_mounted(mounting)), EPOCH_NS))
    return sorted(sent, key=lambda one: one.stamp_ns)


def calibration() -> Any:
    info = camera_info(EPOCH_NS)
    info.width, info.height = WIDTH, HEIGHT
    info.k = np.array([FOCAL_PX, 0, WIDTH / 2, 0, FOCAL_PX, HEIGHT / 2, 0, 0, 1])
    info.d = np.zeros(5)
    info.p = np.array([FOCAL_PX, 0, WIDTH / 2, 0, 0, FOCAL_PX, HEIGHT / 2, 0, 0, 0, 1.0, 0])
    return info


def _mounted(rotation: tuple[float, float, float, float]) -> Any:
    turn = make('geometry_msgs/msg/Quaternion', *rotation)
    place = make('geometry_msgs/msg/Vector3', 0.1, 0.0, 0.3)
    moved = make('geometry_msgs/msg/Transform', place, turn)
    return make('geometry_msgs/msg/TransformStamped', header(EPOCH_NS, 'base_link'), 'cam', moved)
