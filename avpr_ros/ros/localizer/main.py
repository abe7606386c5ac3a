# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``avpr_localizer``."""

from __future__ import annotations

import sys

from avpr_ros.ros.common.freed_memory import keep_heaps_small
from avpr_ros.ros.startup.start_signals import exit_on_signals
from avpr_ros.threads import limit_product_threads


def main(args: list[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start."""
    exit_on_signals()
    limit_product_threads()
    keep_heaps_small()
    from avpr_ros.ros.common.localizer_interface import NODE_NAME
    from avpr_ros.ros.localizer.node import Localizer
    from avpr_ros.ros.startup.runner import run

    return run(NODE_NAME, Localizer, args)


if __name__ == '__main__':
    sys.exit(main())
