# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 nodes: messages, parameters, QoS, diagnostics. The only room with rclpy."""
