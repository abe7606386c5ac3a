# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses that reset their consumer: sent once on request, never streamed."""

from __future__ import annotations

from avpr_ros.ros.gates import NS_PER_S
from avpr_ros.ros.odometry import RESTART_NS


class OneShot:
    """Remembers whether a pose is asked for, and keeps two of them apart by a cool-down."""

    def __init__(self, cool_down_s: float, *, at_start: bool) -> None:
        """Start, with a request if ``at_start``.

        Args:
            cool_down_s: shortest time between two poses, by the images' stamps.
            at_start: whether the first pose is asked for from the start.
        """
        self._cool_down_ns = int(cool_down_s * NS_PER_S)
        self._wanted = 'the start' if at_start else ''
        self._sent_ns: int | None = None

    @property
    def wanted(self) -> str:
        """Why a pose is asked for; empty when none is."""
        return self._wanted

    def request(self, why: str) -> None:
        """Ask for a pose."""
        self._wanted = why

    def withdraw(self) -> None:
        """Take the request back: it is not needed any more."""
        self._wanted = ''

    def cooling(self, stamp_ns: int) -> bool:
        """Tell whether the last pose was sent too short a time ago."""
        if self._sent_ns is not None and stamp_ns < self._sent_ns - RESTART_NS:
            self._sent_ns = None
        return self._sent_ns is not None and stamp_ns < self._sent_ns + self._cool_down_ns

    def sent(self, stamp_ns: int) -> None:
        """Note that the request was met."""
        self._sent_ns = stamp_ns
        self._wanted = ''
