# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import nullcontext
import threading
import time
from types import SimpleNamespace
from typing import Any

from nav_msgs.msg import Odometry
import pytest

from avpr_ros.ros.common.messages import stamp_message
from avpr_ros.ros.localizer.odometry import OdometryInput

S = 10**9


class KeptMessages(nullcontext[None]):
    """Stands for what the middleware keeps for a subscription."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Odometry] = []

    def take_message(self, _kind: Any, _raw: bool) -> tuple[Odometry, None] | None:
        return (self.messages.pop(0), None) if self.messages else None


@pytest.fixture
def kept() -> KeptMessages:
    return KeptMessages()


@pytest.fixture
def publishers() -> list[Any]:
    """The publishers that the node knows of."""
    return [publisher(1)]


def publisher(number: int) -> Any:
    return SimpleNamespace(endpoint_gid=[number] * 16, node_name=f'wheels_{number}')


@pytest.fixture
def odometry(kept: KeptMessages, publishers: list[Any]) -> OdometryInput:
    logger = SimpleNamespace(warning=lambda *_, **__: None)
    subscription = SimpleNamespace(handle=kept, msg_type=Odometry, topic_name='/odom')
    node: Any = SimpleNamespace(
        create_subscription=lambda *_, **__: subscription,
        get_logger=lambda: logger,
        get_clock=lambda: SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=16 * S)),
        get_publishers_info_by_topic=lambda _: publishers,
    )
    return OdometryInput(node)


def message(time_s: float, x_m: float, frame: str = 'odom', qw: float = 1.0) -> Odometry:
    out = Odometry()
    out.header.frame_id, out.child_frame_id = frame, 'base_link'
    out.header.stamp = stamp_message(int(time_s * S))
    out.pose.pose.position.x = x_m
    out.pose.pose.orientation.w = qw
    return out


def x_at(odometry: OdometryInput, time_s: float, wait_s: float = 0.0) -> float | None:
    pose = odometry.at(int(time_s * S), wait_s)
    return None if pose is None else float(pose.translation_m[0])


def test_the_pose_at_a_stamp_is_interpolated_whatever_the_order(odometry: OdometryInput) -> None:
    for time_s in (10.0, 10.4, 10.2):
        odometry.take(message(time_s, x_m=10 * time_s))
    assert x_at(odometry, 10.1) == pytest.approx(101.0)
    assert x_at(odometry, 10.3) == pytest.approx(103.0)
    assert x_at(odometry, 9.9) is None


def test_an_image_waits_for_odometry_that_comes_a_little_later(odometry: OdometryInput) -> None:
    odometry.take(message(10.0, 0.0))
    late = threading.Timer(0.05, odometry.take, [message(10.2, 2.0)])
    late.start()
    assert x_at(odometry, 10.1, wait_s=5.0) == pytest.approx(1.0)
    late.join()


def test_what_the_middleware_kept_is_taken_when_an_image_asks(
    odometry: OdometryInput, kept: KeptMessages
) -> None:
    kept.messages += [message(10.0, 0.0), message(10.2, 2.0)]
    assert odometry.received == 0
    assert x_at(odometry, 10.1) == pytest.approx(1.0)
    kept.messages.append(message(10.4, 4.0))
    odometry.clear()
    assert odometry.received == 3
    assert x_at(odometry, 10.3) is None


def test_nobody_waits_without_odometry_or_after_it_fell_silent(odometry: OdometryInput) -> None:
    began_s = time.monotonic()
    assert x_at(odometry, 10.0, wait_s=5.0) is None
    odometry.take(message(10.0, 0.0))
    assert x_at(odometry, 20.0, wait_s=5.0) is None
    assert x_at(odometry, 10.5, wait_s=0.02) is None
    assert time.monotonic() - began_s < 4.0


def test_nothing_is_interpolated_across_a_jump_or_a_change_of_frame(
    odometry: OdometryInput,
) -> None:
    odometry.take(message(10.0, 100.0))
    odometry.take(message(10.2, 0.0))
    assert x_at(odometry, 10.1) is None
    odometry.take(message(10.4, 0.1, frame='other_odom'))
    assert x_at(odometry, 10.3) is None
    assert odometry.restarts == 2
    odometry.take(message(10.6, 0.3, frame='other_odom'))
    assert x_at(odometry, 10.5) == pytest.approx(0.2)


def test_bad_numbers_are_counted_and_not_taken(odometry: OdometryInput) -> None:
    odometry.take(message(10.0, float('nan')))
    odometry.take(message(10.0, 0.0, qw=0.0))
    assert (odometry.received, odometry.refused) == (0, 2)
    assert x_at(odometry, 10.0) is None


def test_odometry_with_stale_stamps_is_a_problem(
    odometry: OdometryInput, kept: KeptMessages
) -> None:
    assert odometry.problem() is None
    kept.messages += [message(10.0, 0.0), message(10.1, 0.1)]
    assert x_at(odometry, 10.1) is not None
    assert odometry.problem() is None
    assert x_at(odometry, 15.1) is None
    assert 'newest odometry is 5.0 s older than the last image' in (odometry.problem() or '')


@pytest.mark.parametrize(('newest_s', 'wrong'), [(16.9, False), (21.0, True), (1e6, True)])
def test_odometry_ahead_of_clock_and_images_is_a_problem(
    odometry: OdometryInput, kept: KeptMessages, newest_s: float, wrong: bool
) -> None:
    kept.messages += [message(newest_s, 0.0)]
    x_at(odometry, 15.9)
    text = odometry.problem() or ''
    assert (f'odometry is {newest_s - 16:.1f} s ahead of the clock' in text) == wrong


def test_odometry_that_starts_anew_all_the_time_is_a_problem(
    odometry: OdometryInput, kept: KeptMessages
) -> None:
    assert odometry.problem() is None
    for _ in range(4):
        kept.messages += [message(10.0, 0.0), message(10.1, 0.1), message(2.0, 0.0)]
    odometry.catch_up()
    assert 'Odometry started anew' in (odometry.problem() or '')


def test_second_publisher_is_dropped_and_named(
    odometry: OdometryInput, publishers: list[Any]
) -> None:
    odometry.take(message(10.0, 0.0), 500)
    publishers.append(publisher(2))
    for number in range(1, 20):
        odometry.take(message(10.0 + 0.1 * number, 0.1 * number), 500 + number)
        odometry.take(message(10.05 + 0.1 * number, 300.0, frame='other'), number)
        odometry.take(message(10.05 + 0.1 * number, 0.0), number)
    assert (odometry.restarts, odometry.received) == (0, 20)
    assert x_at(odometry, 11.5) == pytest.approx(1.5)
    problem = odometry.problem()
    assert problem is not None
    assert '2 publishers on /odom (wheels_1, wheels_2): wheels_1 is followed and 38' in problem


def test_another_publisher_is_followed_once_the_first_has_ended(
    odometry: OdometryInput, publishers: list[Any]
) -> None:
    odometry.take(message(10.0, 0.0), 500)
    publishers[:] = [publisher(2), publisher(3)]
    odometry.take(message(10.1, 300.0), 1)
    assert (odometry.restarts, odometry.received) == (1, 2)


def test_jump_of_the_only_publisher_is_a_restart(odometry: OdometryInput) -> None:
    odometry.take(message(10.0, 0.0), 1)
    odometry.take(message(10.1, 300.0), 2)
    assert (odometry.restarts, odometry.received) == (1, 2)
    assert odometry.problem() is None
