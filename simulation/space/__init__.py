# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fits the descriptor space that is the same for every map, on rendered images alone."""
