# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``avpr_localizer``."""

from __future__ import annotations

import signal
import sys

from avpr_ros.threads import limit_product_threads


def main(args: list[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start."""
    limit_product_threads()
    try:
        # Imported here, so that SIGINT in the seconds this takes ends as cleanly as any other.
        from avpr_ros.ros.common.localizer_interface import NODE_NAME
        from avpr_ros.ros.common.runner import run
        from avpr_ros.ros.localizer.node import Localizer

        return run(NODE_NAME, Localizer, args)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one must not interrupt the exit
        return 0


if __name__ == '__main__':
    sys.exit(main())
