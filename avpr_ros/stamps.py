# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Time stamps: whole nanoseconds since the epoch of the clock that made them."""

from __future__ import annotations

from typing import Protocol

NS_PER_S = 1_000_000_000


class SplitStamp(Protocol):
    """A stamp as ROS messages hold it, ``builtin_interfaces/Time`` of rclpy or of rosbags."""

    sec: int
    nanosec: int


def stamp_ns(stamp: SplitStamp) -> int:
    """Return the stamp of a message in nanoseconds."""
    return int(stamp.sec) * NS_PER_S + int(stamp.nanosec)


def stamp_text(nanoseconds: int) -> str:
    """Return a stamp in seconds with nine decimals, without rounding."""
    seconds, rest_ns = divmod(nanoseconds, NS_PER_S)
    return f'{seconds}.{rest_ns:09d}'
