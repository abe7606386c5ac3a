# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pose-graph optimisation of odometry and loop closures, with GTSAM."""
