# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM before a node spins; nothing that takes time is imported here.

An entry point calls :func:`exit_on_signals` before it imports the node: an exception in the middle
of an import would become an error of the library that is imported, or a traceback.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)
#: Exit code of a command that is stopped before its end.
STOPPED = 130


class _Interruption:
    """Whether a signal came since ``interrupt_on_signals``."""

    came = False


def exit_on_signals(code: int = 0) -> None:
    """Let both end the process at once, with an exit code: there is nothing to finish yet."""

    def leave(number: int, frame: FrameType | None) -> None:
        os._exit(code)

    for number in SIGNALS:
        signal.signal(number, leave)


def interrupt_on_signals() -> None:
    """Let the first of both raise ``KeyboardInterrupt`` in the main thread; others do nothing."""
    _Interruption.came = False
    report = sys.unraisablehook

    def report_others(unraisable: sys.UnraisableHookArgs) -> None:
        # Raised within a destructor, which cannot pass it on; ``interrupted`` remembers it.
        if not isinstance(unraisable.exc_value, KeyboardInterrupt):
            report(unraisable)

    sys.unraisablehook = report_others
    for number in SIGNALS:
        signal.signal(number, _interrupt)


def interrupted() -> bool:
    """Return whether a signal came: an exception may have got lost, or become another one."""
    return _Interruption.came


def ignore_signals() -> None:
    """Ignore both: a terminal and a launch file both send one, the second is too much."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _Interruption.came:
        _Interruption.came = True
        raise KeyboardInterrupt
