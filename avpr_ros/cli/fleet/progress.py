# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Progress of a divided build: one line that is written over, or one JSON object a line."""

from __future__ import annotations

import json
import sys
import time

#: Seconds between two lines where the output is no terminal.
_QUIET_S = 10.0


class FleetProgress:
    """Prints chunks, images per second and time left of the stage that runs."""

    def __init__(self, log_json: bool) -> None:
        self._json = log_json
        self._terminal = sys.stderr.isatty() and not log_json
        self._stage = ''
        self._started_s = self._printed_s = 0.0
        self._first = self._images = 0

    def __call__(self, stage: str, done: int, total: int, images: int) -> None:
        """Take one finished piece; see ``StageProgress``."""
        now_s = time.monotonic()
        if stage != self._stage:
            self._stage, self._started_s, self._images = stage, now_s, 0
            self._first, self._printed_s = done - 1, 0.0
        self._images += images
        ended = done == total
        # Between two pieces of a stage nothing is known yet.
        taken_s = max(now_s - self._started_s, 1e-9)
        pieces = done - self._first - 1
        left_s = taken_s / pieces * (total - done) if pieces else None
        rate = self._images / taken_s if pieces and self._images else None
        if self._json:
            self._print_json(done, total, rate, left_s)
        elif self._terminal or ended or now_s - self._printed_s > _QUIET_S:
            self._printed_s = now_s
            self._print_line(done, total, rate, left_s)

    def _print_json(self, done: int, total: int, rate: float | None, left_s: float | None) -> None:
        line = {
            'stage': self._stage,
            'done': done,
            'total': total,
            'images_per_s': None if rate is None else round(rate, 2),
            'left_s': None if left_s is None else round(left_s, 1),
        }
        sys.stderr.write(json.dumps(line) + '\n')
        sys.stderr.flush()

    def _print_line(self, done: int, total: int, rate: float | None, left_s: float | None) -> None:
        text = f'{self._stage}: {done} of {total}'
        text += '' if rate is None else f', {rate:.1f} images/s'
        text += '' if left_s is None else f', {left_s // 60:.0f}:{left_s % 60:02.0f} min left'
        if self._terminal:
            end = '\n' if done == total else ''
            sys.stderr.write(f'\r{text:<70}{end}')
        else:
            sys.stderr.write(f'{text}\n')
        sys.stderr.flush()
