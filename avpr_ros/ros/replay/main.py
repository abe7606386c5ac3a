# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Entry point of ``avpr_replay``."""

from __future__ import annotations

import sys

from avpr_ros.ros.startup.start_signals import STOPPED, exit_on_signals


def main() -> int:
    """Run the command; return 0, or another code after one sentence on standard error."""
    exit_on_signals(STOPPED)
    from avpr_ros.ros.replay.command import main as replay

    return replay()


if __name__ == '__main__':
    sys.exit(main())
