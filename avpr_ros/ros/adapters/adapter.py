# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The protocol that the adapter of every consumer implements."""

from __future__ import annotations

from typing import Protocol

from avpr_ros.ros.common.stamped_pose import Decision, Fix


class Adapter(Protocol):
    """Converts the localizer's accepted poses for one consumer. Independent of rclpy."""

    def on_fix(self, fix: Fix) -> Decision:
        """Return whether and what to send for one accepted match.

        Args:
            fix: ``map_from_base`` at the image's stamp, with the localizer's variances.
        """
        ...

    def request(self, why: str) -> str:
        """Request that the next usable pose is sent; return a sentence on what will happen.

        Args:
            why: the cause of the request, for the decision's text.
        """
        ...
