# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Aggregation heads: a feature map, and a token where there is one, become one descriptor."""
