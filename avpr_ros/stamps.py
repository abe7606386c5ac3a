# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Time stamps: whole nanoseconds since the epoch of whatever clock made them."""

from __future__ import annotations

NS_PER_S = 1_000_000_000
