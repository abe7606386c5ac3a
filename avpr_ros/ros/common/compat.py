# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""rclpy's callbacks for events of a subscription, where this release of ROS 2 keeps them."""

from __future__ import annotations

try:
    from rclpy.event_handler import SubscriptionEventCallbacks
except ImportError:  # ROS 2 Humble
    from rclpy.qos_event import SubscriptionEventCallbacks

__all__ = ['SubscriptionEventCallbacks']
