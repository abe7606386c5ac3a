# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import threading

from avpr_ros.ros.localizer.pipeline.latest_message import LatestMessageBuffer, Worker


def test_only_the_newest_of_a_camera_is_kept_and_no_camera_starves() -> None:
    buffer: LatestMessageBuffer[int] = LatestMessageBuffer()
    buffer.put('left', 1)
    buffer.put('right', 2)
    buffer.put('left', 3)
    assert buffer.replaced == 1
    assert buffer.take() == ('left', 3)
    buffer.put('left', 4)
    assert buffer.take() == ('right', 2)
    assert buffer.take() == ('left', 4)


def test_cleared_and_closed_buffer_give_nothing() -> None:
    buffer: LatestMessageBuffer[int] = LatestMessageBuffer()
    buffer.put('left', 1)
    buffer.clear()
    buffer.put('right', 2)
    assert buffer.take() == ('right', 2)
    buffer.put('left', 3)
    buffer.close()
    assert buffer.take() is None


def test_worker_survives_errors_and_stops() -> None:
    buffer: LatestMessageBuffer[int] = LatestMessageBuffer()
    done = {1: threading.Event(), 2: threading.Event()}
    errors: list[Exception] = []

    def work(camera: str, item: int) -> None:
        assert camera == 'left'
        try:
            if item == 1:
                raise ValueError('first')
        finally:
            done[item].set()

    worker = Worker(buffer, work, errors.append)
    worker.start()
    for item, event in done.items():
        buffer.put('left', item)
        assert event.wait(10.0)
    assert worker.stop(10.0)
    assert [str(error) for error in errors] == ['first']
