# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The recognizer in use, its settings, and every way in which it is replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
import os
import threading

from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.node_recognizer import NodeRecognizer


class RecognizerHolder:
    """Holds recognizer and settings, and the thread that extracts local features.

    A lock is held while an image is matched and while the recognizer is replaced: no image is
    matched with half of a change, and of two concurrent changes none is lost.
    """

    def __init__(
        self,
        recognizer: NodeRecognizer,
        settings: Settings,
        feature_executor: Executor | None = None,
        log: Callable[[str], object] = lambda _: None,
    ) -> None:
        """Hold an opened recognizer.

        Args:
            recognizer: map, query network and matcher.
            settings: that it was opened with.
            feature_executor: that it and its successors extract local features in; shut down by
                :meth:`close`. None: in the worker's own thread.
            log: takes one line on a session that ends.
        """
        self._log = log
        self._recognizer = recognizer
        self._settings = settings
        self._feature_executor = feature_executor
        self._odometry_restarts = 0
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls, settings: Settings, log: Callable[[str], object] = lambda _: None
    ) -> RecognizerHolder:
        """Open map and query network; with two cores or more, features get their own thread.

        Raises:
            AvprError: see :meth:`NodeRecognizer.open`.
        """
        executor = None
        if len(os.sched_getaffinity(0)) > 1:
            executor = ThreadPoolExecutor(1, 'avpr_features')
        return cls(NodeRecognizer.open(settings, executor), settings, executor, log)

    @property
    def recognizer(self) -> NodeRecognizer:
        """The recognizer in use; replaced as a whole."""
        return self._recognizer

    @property
    def settings(self) -> Settings:
        """The parameters in use; replaced as a whole."""
        return self._settings

    @contextmanager
    def matching(self, odometry_restarts: int) -> Iterator[NodeRecognizer]:
        """Yield the recognizer for one image; it is not replaced meanwhile.

        Args:
            odometry_restarts: how often odometry started anew; motion from before a restart is
                discarded.
        """
        with self._lock:
            if odometry_restarts != self._odometry_restarts:
                self._odometry_restarts = odometry_restarts
                self._restart()
            yield self._recognizer

    def forget_history(self) -> None:
        """Discard what earlier images contribute to later decisions."""
        with self._lock:
            self._recognizer.matcher.forget()

    def restart(self) -> None:
        """Discard whatever depends on time going forward, as after a jump of the clock."""
        with self._lock:
            self._restart()

    def _restart(self) -> None:
        before, self._recognizer = self._recognizer, self._recognizer.restarted(self._settings)
        if note := before.mode.restart_note(self._recognizer.mode):
            self._log(note)

    def apply(self, settings: Settings) -> None:
        """Replace the settings, from the next image on.

        Raises:
            ConfigError: the settings do not go with the mode; the old ones stay in use.
        """
        with self._lock:
            self._recognizer = self._recognizer.with_settings(settings)
            self._settings = settings

    def reload(self, on_replaced: Callable[[NodeRecognizer], None]) -> NodeRecognizer:
        """Read map and query network again and return the new recognizer.

        Images are matched with the old one while the files are read.

        Args:
            on_replaced: see :meth:`exchange`.

        Raises:
            ConfigError: the mode has no map.
            AvprError: map or query network cannot be used; the old ones stay in use.
        """
        settings = self._settings
        recognizer = self._recognizer.reopened(settings)
        return self.exchange(recognizer, settings, on_replaced)

    def exchange(
        self,
        recognizer: NodeRecognizer,
        opened_with: Settings,
        on_replaced: Callable[[NodeRecognizer], None],
    ) -> NodeRecognizer:
        """Replace map and query network, from the next image on; return the recognizer in use.

        Args:
            recognizer: the new one.
            opened_with: its settings; the parameters may have changed since.
            on_replaced: called between the last match with the old map and the first with the
                new one, to publish the keyframes: the ids of ``~/loop_closure`` refer to those
                published last.
        """
        with self._lock:
            if self._settings != opened_with:
                recognizer = recognizer.with_settings(self._settings)
            self._recognizer = recognizer
            on_replaced(recognizer)
            return recognizer

    def save_session(self) -> str:
        """Write the running session to ``save_path`` and return a sentence on it.

        Raises:
            AvprError: see ``LocalizerMode.save``.
        """
        return self._recognizer.mode.save(self._settings.save_path)

    def close(self) -> None:
        """Stop the thread that extracts local features; nothing can be matched any more."""
        if self._feature_executor is not None:
            self._feature_executor.shutdown(cancel_futures=True)
