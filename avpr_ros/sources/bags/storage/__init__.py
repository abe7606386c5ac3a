# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Storage files of bags: MCAP, SQLite and ROS 1, each read as it lies on disk."""
