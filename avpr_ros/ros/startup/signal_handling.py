# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""SIGINT and SIGTERM as the end of a spin, without rclpy's own signal handlers.

Those shut the context down in a thread of their own and walk through a list of guard conditions
that the main thread frees meanwhile: now and then a node died of it (SIGSEGV). Here a signal only
wakes the executor; all that is taken down is taken down by the thread that made it.
"""

from __future__ import annotations

import signal
import socket
import threading
from types import FrameType, TracebackType

from rclpy.executors import Executor

from avpr_ros.ros.startup.start_signals import SIGNALS, ignore_signals


class SignalStop:
    """Within it a signal ends ``spin``.

    The spinning thread may sleep in the middleware, where Python's handlers do not run. So Python
    writes the signal into a socket (``signal.set_wakeup_fd``), and a thread waits for it there.
    """

    def __init__(self, executor: Executor) -> None:
        """Prepare to end the spinning of an executor."""
        self._executor = executor
        self._came = False
        self._read, self._write = socket.socketpair()
        self._thread = threading.Thread(target=self._wait, name='avpr_stop', daemon=True)

    def spin(self) -> None:
        """Run callbacks until a signal comes.

        Not ``spin_until_future_complete``: in rclpy 7 it hangs one more callback on its future
        at every turn: some hundred megabytes in a day of a busy camera.
        """
        while not self._came:
            self._executor.spin_once()

    def __enter__(self) -> SignalStop:
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
        self._came = True
        self._executor.wake()


def _nothing(number: int, frame: FrameType | None) -> None:
    """Do nothing, which a signal must not find ignored: it would not be written then."""
