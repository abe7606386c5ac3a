# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node's answers to the images, as JSON lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
import json
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseWithCovarianceStamped
import numpy as np

from avpr_ros.storage.files import write_text_atomically

_WHOLE = frozenset({'rank', 'keyframe_id'})
_TEXT = frozenset({'reason', 'map_id'})


@dataclass
class Record:
    """One image that was published.

    Attributes:
        stamp_ns: its stamp.
        published_s: ``time.perf_counter()`` just before it was published.
        latency_ms: from publishing to the arrival of ``~/matches``; None while unanswered.
        candidates: the candidates of ``~/matches`` as flat objects, best first.
        reason: the best candidate's reason, or why there is no candidate.
        pose: ``~/pose`` as a flat object; None where none was received.
        loop_closure: the same of ``~/loop_closure``.
    """

    stamp_ns: int
    published_s: float
    latency_ms: float | None = None
    candidates: list[dict[str, Any]] = field(default_factory=list)
    reason: str | None = None
    pose: dict[str, Any] | None = None
    loop_closure: dict[str, Any] | None = None

    def answer(self, message: DiagnosticArray, received_s: float) -> None:
        """Store the node's ``~/matches``; only the first message counts."""
        if self.latency_ms is not None:
            return
        self.latency_ms = (received_s - self.published_s) * 1e3
        statuses = [_values(status) for status in message.status]
        self.candidates = [values for values in statuses if 'keyframe_id' in values]
        self.reason = statuses[0].get('reason') if statuses else None

    @property
    def complete(self) -> bool:
        """Whether all answers to this image have arrived."""
        placed = self.pose is not None and self.loop_closure is not None
        return self.latency_ms is not None and (self.reason != 'accepted' or placed)

    def to_json(self) -> str:
        """Return one line."""
        row = {
            'stamp_ns': self.stamp_ns,
            'latency_ms': self.latency_ms,
            'reason': self.reason,
            'candidates': self.candidates,
            'pose': self.pose,
            'loop_closure': self.loop_closure,
        }
        return json.dumps(row)


def pose_values(message: PoseWithCovarianceStamped) -> dict[str, Any]:
    """Return a pose as a flat object, with the 36 numbers of its covariance."""
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    return {
        'frame_id': message.header.frame_id,
        'x_m': position.x,
        'y_m': position.y,
        'z_m': position.z,
        'qx': orientation.x,
        'qy': orientation.y,
        'qz': orientation.z,
        'qw': orientation.w,
        'covariance': [float(value) for value in message.pose.covariance],
    }


def write_records(path: Path, records: Sequence[Record]) -> None:
    """Write one line per image, in the order of publishing, atomically."""
    write_text_atomically(path, ''.join(record.to_json() + '\n' for record in records))


def summary(records: Sequence[Record]) -> str:
    """Return one line: images, answers, poses and latency."""
    latencies = [record.latency_ms for record in records if record.latency_ms is not None]
    poses = sum(record.pose is not None for record in records)
    line = f'{len(records)} images published, {len(latencies)} answered, {poses} poses'
    if not latencies:
        return f'{line}.'
    p50, p95, p99 = np.percentile(latencies, [50, 95, 99])
    return f'{line}; latency p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms.'


def _values(status: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for pair in status.values:
        if pair.key in _TEXT:
            values[pair.key] = pair.value
        else:
            values[pair.key] = int(pair.value) if pair.key in _WHOLE else float(pair.value)
    values['text'] = status.message
    return values
