# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fields of image messages that the decoder uses, for rclpy and rosbags."""

from __future__ import annotations

from typing import Any, Protocol


class ImageMessage(Protocol):
    """``sensor_msgs/Image`` of rclpy or rosbags."""

    height: Any
    width: Any
    encoding: Any
    is_bigendian: Any
    step: Any
    data: Any


class CompressedImageMessage(Protocol):
    """``sensor_msgs/CompressedImage`` of rclpy or rosbags."""

    format: Any
    data: Any
