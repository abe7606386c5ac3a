# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The protocol behind which every consumer's adapter stands."""

from __future__ import annotations

from typing import Protocol

from avpr_ros.ros.common.stamped_pose import Decision, Fix


class Adapter(Protocol):
    """Turns the localizer's accepted poses into what one consumer wants. Knows no rclpy."""

    def on_fix(self, fix: Fix) -> Decision:
        """Decide on one accepted match.

        Args:
            fix: base in the map at the image's stamp, variances as the localizer gave them.
        """
        ...

    def request(self, why: str) -> str:
        """Ask for a pose to be sent at the next chance; return a sentence on what will happen."""
        ...
