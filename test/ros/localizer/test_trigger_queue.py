# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from avpr_ros.ros.localizer.pipeline.trigger_queue import FAILED, Outcome, TriggerQueue

DONE = Outcome(True, 'accepted')


class Pause:
    """Records pauses as lengths in nanoseconds, and ends of pauses as None."""

    def __init__(self) -> None:
        self.calls: list[int | None] = []

    def pause(self, duration_ns: int) -> None:
        self.calls.append(duration_ns)

    def resume(self) -> None:
        self.calls.append(None)


class Request:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def resolve(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


@pytest.fixture
def pause() -> Any:
    return Pause()


@pytest.fixture
def triggers(pause: Any) -> TriggerQueue:
    return TriggerQueue(pause)


def test_one_image_answers_all_that_wait_and_no_later_one_does(triggers: TriggerQueue) -> None:
    requests: Any = [Request(), Request(), Request()]
    for request in requests:
        triggers.add(request)
    triggers.withdraw(requests[1])
    requested: list[bool] = []

    def process(is_requested: bool) -> Outcome:
        requested.append(is_requested)
        return DONE

    triggers.answer_with(process)
    triggers.answer_with(process)
    assert requested == [True, False]
    assert [request.outcomes for request in requests] == [[DONE], [], [DONE]]


def test_an_error_is_answered_and_goes_on(triggers: TriggerQueue) -> None:
    request: Any = Request()
    triggers.add(request)

    def process(is_requested: bool) -> Outcome:
        raise ValueError('a bug')

    with pytest.raises(ValueError, match='a bug'):
        triggers.answer_with(process)
    assert request.outcomes == [FAILED]


def test_images_are_not_paused_while_a_request_waits(triggers: TriggerQueue, pause: Any) -> None:
    triggers.pause_unless_waiting(7)
    request: Any = Request()
    triggers.add(request)
    triggers.pause_unless_waiting(8)
    triggers.withdraw(request)
    triggers.pause_unless_waiting(9)
    assert pause.calls == [7, None, 9]
