# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How many requests of a service may wait: one that is dropped is never answered."""

from __future__ import annotations

from rclpy.qos import QoSProfile

#: As long as that of ROS's own parameter services; ROS's default of 10 drops the rest.
SERVICE_QOS = QoSProfile(depth=1000)
