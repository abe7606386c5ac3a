# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the robot is, given all images so far: a causal Bayes filter over keyframes."""
