# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What became of the images of the last seconds, by camera."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
import threading
import time

#: Seconds that count as recent.
RECENT_S = 5.0
#: Outcomes that are as configured: the limits of rate and motion, and the node switched off.
_INTENDED = {'rate', 'still', 'disabled'}
MATCHED = 'matched'


class RecentOutcomes:
    """Counts outcomes over a sliding window; from any thread."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        """Start empty.

        Args:
            clock_s: returns seconds of a steady clock.
        """
        self._clock_s = clock_s
        self._entries: deque[tuple[float, str, str, int]] = deque()
        self._last: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, camera: str, outcome: str, images: int = 1) -> None:
        """Count images of a camera with one outcome: ``matched`` or the reason of the drop."""
        now_s = self._clock_s()
        with self._lock:
            self._entries.append((now_s, camera, outcome, images))
            if outcome not in _INTENDED:
                self._last[camera] = outcome
            self._forget_before(now_s - RECENT_S)

    def counts(self, camera: str) -> Counter[str]:
        """Return how many recent images of a camera had each outcome."""
        with self._lock:
            self._forget_before(self._clock_s() - RECENT_S)
            found: Counter[str] = Counter()
            for _, name, outcome, images in self._entries:
                if name == camera:
                    found[outcome] += images
            return found

    def tried(self, camera: str | None = None) -> Counter[str]:
        """Return the outcomes of the images that were not left out as configured.

        Where there were none lately, it is the last one there was: a fault does not pass by that
        no image comes.

        Args:
            camera: name of the camera; None for all.
        """
        names = [camera] if camera is not None else list(self._last)
        found: Counter[str] = Counter()
        for name in names:
            counts = self.counts(name)
            found += Counter({one: n for one, n in counts.items() if one not in _INTENDED})
        if not found:
            found += Counter(self._last[name] for name in names if name in self._last)
        return found

    def main_fault(self, camera: str) -> tuple[str, float] | None:
        """Return the reason for which most images were dropped, and their share; None: few were.

        Images that were left out as configured do not count.
        """
        tried = self.tried(camera)
        faults = {name: n for name, n in tried.items() if name != MATCHED}
        if not faults:
            return None
        worst = max(faults, key=lambda name: faults[name])
        share = faults[worst] / sum(tried.values())
        return (worst, share) if share > 0.5 else None

    def _forget_before(self, time_s: float) -> None:
        while self._entries and self._entries[0][0] < time_s:
            self._entries.popleft()
