# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``avpr_localizer``."""

from __future__ import annotations

import os
import signal
import sys


def main(args: list[str] | None = None) -> int:
    """Run the node until SIGINT or SIGTERM; return 0 then, 2 when it cannot start."""
    # The node's products are small: one thread does them as fast, and the others of BLAS would
    # spin on the cores of the network and the local features. Read when numpy is loaded, below.
    for library in ('OMP', 'OPENBLAS'):
        os.environ.setdefault(f'{library}_NUM_THREADS', '1')
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
