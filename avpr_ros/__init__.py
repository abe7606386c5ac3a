# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Visual place recognition for ROS 2: heavy gallery maps, light live queries."""

from __future__ import annotations

__version__ = '0.1.0'
