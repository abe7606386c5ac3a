# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The Bayes filter over the keyframes, by images and odometry."""
