# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM as the end of a spin, without rclpy's own signal handlers.

Those shut the context down in a thread of their own and walk through a list of guard conditions
that the main thread frees meanwhile: now and then a node died of it (SIGSEGV). Here a signal only
completes a future; all that is taken down is taken down by the thread that made it.
"""

from __future__ import annotations

import signal
import socket
import threading
from types import FrameType, TracebackType

from rclpy.task import Future

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def interrupt_on_signals() -> None:
    """Let both raise ``KeyboardInterrupt`` in the main thread, as long as nothing spins."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)


def ignore_signals() -> None:
    """Ignore both: a terminal and a launch file both send one, the second is too much."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class StopOnSignal:
    """Within it a signal completes ``future``; ``spin_until_future_complete`` ends by that.

    The spinning thread may sleep in the middleware, where Python's handlers do not run. So Python
    writes the signal into a socket (``signal.set_wakeup_fd``), and a thread waits for it there.

    Attributes:
        future: to be spun for.
    """

    def __init__(self) -> None:
        self.future = Future()
        self._read, self._write = socket.socketpair()
        self._thread = threading.Thread(target=self._wait, name='avpr_stop', daemon=True)

    def __enter__(self) -> StopOnSignal:
        """Take over both signals; only in the main thread."""
        self._write.setblocking(False)
        signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        for number in SIGNALS:
            signal.signal(number, _nothing)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the thread, whether a signal came or not; from here on both are ignored."""
        ignore_signals()
        signal.set_wakeup_fd(-1)
        self._write.send(b'\0')
        self._thread.join()
        self._read.close()
        self._write.close()

    def _wait(self) -> None:
        self._read.recv(1)
        self.future.set_result(None)


def _nothing(number: int, frame: FrameType | None) -> None:
    """Do nothing, which a signal must not find ignored: it would not be written then."""
