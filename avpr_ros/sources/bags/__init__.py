# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Bags of ROS 1 and ROS 2 as sources."""
