# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from avpr_ros.poses import Pose
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.image_gate import DISABLED_PAUSE_NS, ImageGate
from avpr_ros.stamps import NS_PER_S

S = NS_PER_S


class GateAtTime:
    """A gate, the clock it reads, and the pauses it asks for."""

    def __init__(self) -> None:
        self.pauses_ns: list[int] = []
        self.now_ns = 1000 * S
        clock: Any = SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=self.now_ns))
        self.gate = ImageGate(clock, self.pauses_ns.append)

    def by_time(self, age_s: float = 0.0) -> str | None:
        settings = Settings(max_rate_hz=2.0, max_image_age_s=1.0)
        return self.gate.drop_by_time('front', self.now_ns - int(age_s * S), settings)


@pytest.fixture
def at() -> GateAtTime:
    return GateAtTime()


def test_age_and_rate_name_their_reason_and_the_rate_asks_for_a_pause(at: GateAtTime) -> None:
    assert at.by_time(age_s=1.5) == 'too_old'
    assert at.pauses_ns == []
    assert at.by_time() is None
    assert at.pauses_ns == [pytest.approx(0.45 * S)]
    assert at.by_time() == 'rate'
    at.gate.reset()
    assert at.by_time() is None


def test_a_disabled_gate_pauses_and_counts_so(at: GateAtTime) -> None:
    assert at.gate.pause_reason == 'rate'
    at.gate.enabled = False
    assert at.by_time() == 'disabled'
    assert at.pauses_ns == [DISABLED_PAUSE_NS]
    assert at.gate.pause_reason == 'disabled'


def test_a_robot_that_stands_is_dropped_as_still(at: GateAtTime) -> None:
    here = Pose.identity()
    drops = [at.gate.drop_by_motion('front', n, here, Settings()) for n in range(3)]
    assert drops == [None, 'still', 'still']
    assert at.gate.drop_by_motion('front', 3, None, Settings()) is None
