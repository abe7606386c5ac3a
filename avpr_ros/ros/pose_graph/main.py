# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``avpr_pose_graph``."""

from __future__ import annotations

import sys

from avpr_ros.ros.startup.start_signals import exit_on_signals


def main(args: list[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start."""
    exit_on_signals()
    from avpr_ros.ros.pose_graph.node import NODE_NAME, PoseGraphNode
    from avpr_ros.ros.startup.runner import run

    return run(NODE_NAME, PoseGraphNode, args)


if __name__ == '__main__':
    sys.exit(main())
