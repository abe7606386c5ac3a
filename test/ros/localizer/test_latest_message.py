# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

from avpr_ros.ros.localizer.latest_message import LatestMessageBuffer, Worker


def test_only_the_newest_of_a_camera_is_kept_and_no_camera_starves() -> None:
    slots: LatestMessageBuffer[int] = LatestMessageBuffer()
    slots.put('left', 1)
    slots.put('right', 2)
    slots.put('left', 3)
    assert slots.replaced == 1
    assert slots.take() == ('left', 3)
    slots.put('left', 4)
    assert slots.take() == ('right', 2)
    assert slots.take() == ('left', 4)


def test_cleared_and_closed_slots_give_nothing() -> None:
    slots: LatestMessageBuffer[int] = LatestMessageBuffer()
    slots.put('left', 1)
    slots.clear()
    slots.put('right', 2)
    assert slots.take() == ('right', 2)
    slots.put('left', 3)
    slots.close()
    assert slots.take() is None


def test_worker_survives_errors_and_stops() -> None:
    slots: LatestMessageBuffer[int] = LatestMessageBuffer()
    done = {1: threading.Event(), 2: threading.Event()}
    errors: list[Exception] = []

    def work(camera: str, item: int) -> None:
        assert camera == 'left'
        try:
            if item == 1:
                raise ValueError('first')
        finally:
            done[item].set()

    worker = Worker(slots, work, errors.append)
    worker.start()
    for item, event in done.items():
        slots.put('left', item)
        assert event.wait(10.0)
    assert worker.stop(10.0)
    assert [str(error) for error in errors] == ['first']
