# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Why images are not matched, in the diagnostics."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from sensor_msgs.msg import Image

from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.ros.common.diagnostics import Level, Report
from avpr_ros.ros.localizer.drop_reasons import ClockWatch, drop_problem
from avpr_ros.ros.localizer.health import ImageReport, inference_report
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.recent_outcomes import RECENT_S, RecentOutcomes
from avpr_ros.ros.localizer.pipeline.stamp_watch import StampWatch
from avpr_ros.ros.localizer.pipeline.statistics import Statistics


class Seconds:
    """A steady clock that is set."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_limits_of_rate_and_motion_are_no_fault() -> None:
    recent = RecentOutcomes()
    recent.add('front', 'rate', 50)
    recent.add('front', 'still', 50)
    assert recent.main_fault('front') is None
    recent.add('front', 'too_old', 2)
    recent.add('front', 'matched')
    assert recent.main_fault('front') == ('too_old', pytest.approx(2 / 3))
    assert recent.main_fault('left') is None


def test_recent_outcomes_outweigh_older_ones() -> None:
    clock = Seconds()
    recent = RecentOutcomes(clock)
    recent.add('front', 'too_old', 9)
    clock.now_s += RECENT_S + 0.1
    assert recent.main_fault('front') == ('too_old', 1.0)  # the last one there was
    recent.add('front', 'matched')
    assert recent.main_fault('front') is None


def test_reason_has_its_value_and_remedy() -> None:
    recent = RecentOutcomes()
    recent.add('front', 'too_old', 9)
    text = drop_problem(recent, 'front', 5.2, {})
    assert text is not None
    assert '100% of the images of the last 5 s are dropped: too_old' in text
    assert '5.2 s old by its stamp; synchronise the clocks' in text

    recent = RecentOutcomes()
    recent.add('front', 'no_transform', 9)
    text = drop_problem(recent, 'front', 0.0, {'no_transform': 'publish the transform.'})
    assert text is not None
    assert text.endswith('no_transform; publish the transform.')


def node_at(now_ns: int, simulated: bool) -> Any:
    clock = SimpleNamespace(now=lambda: SimpleNamespace(nanoseconds=now_ns))
    return SimpleNamespace(
        get_clock=lambda: clock, get_parameter=lambda name: SimpleNamespace(value=simulated)
    )


def test_simulated_clock_that_stands_is_named() -> None:
    text = ClockWatch(node_at(0, simulated=True)).problem()
    assert text is not None
    assert 'use_sim_time is set and no /clock comes' in text

    clock = Seconds()
    watch = ClockWatch(node_at(7_000_000_000, simulated=True), clock)
    assert watch.problem() is None
    clock.now_s += RECENT_S
    assert 'The clock stands at 7.0 s' in (watch.problem() or '')
    assert ClockWatch(node_at(0, simulated=False)).problem() is None


@pytest.mark.parametrize(
    ('stamps_s', 'words'),
    [
        ([0.0], 'stamped 0, so poses have no time: set header.stamp'),
        ([1000.0] * 6, 'stamps of the last 6 images do not advance, the last is 1000.000 s'),
        ([1000.0 - n for n in range(6)], 'stamps of the last 6 images do not advance'),
        ([910.0], '90.0 s behind the clock of the node.*synchronise the clocks'),
        ([1005.0], '5.0 s ahead of the clock of the node.*synchronise the clocks'),
        ([995.0], None),  # its age has a limit of its own
        ([1000.5], None),
        ([1000.0, 1000.0, 1000.1], None),
        ([1e6], None),  # a recording without /clock
    ],
)
def test_stamps_of_no_clock_of_the_robot_are_named(
    stamps_s: list[float], words: str | None
) -> None:
    watch = StampWatch()
    assert watch.problem('front') is None
    for stamp_s in stamps_s:
        watch.add('front', int(stamp_s * 1e9), 1000 * 10**9)
    text = watch.problem('front')
    assert (text is None) == (words is None)
    assert re.search(words or '^$', text or '')
    watch.forget()
    assert watch.problem('front') is None


def test_failures_are_an_error() -> None:
    statistics = Statistics()
    settings = Settings()
    assert inference_report(statistics, settings).level is Level.OK
    statistics.failed(settings.cameras[0], 'ValueError: a bug')
    report = inference_report(statistics, settings)
    assert report.level is Level.ERROR
    assert report.message.endswith('the last: ValueError: a bug.')


def test_problem_of_a_camera_is_in_its_report() -> None:
    source: Any = SimpleNamespace(
        camera='front',
        topic='/image',
        message_type=Image,
        reliability='reliable',
        received=9,
        incompatible='',
        last_received_s=float('inf'),
        publisher_count=lambda: 1,
    )

    def images(statistics: Statistics, problem: tuple[Level, str] | None = None) -> Report:
        return ImageReport(source, statistics, 'images', lambda _: problem, lambda _: '')(0)

    report = images(Statistics(), (Level.WARN, 'because'))
    assert (report.level, report.message) == (Level.WARN, 'because')
    report = images(Statistics())
    assert report.level is Level.OK
    statistics = Statistics()
    text = 'the camera sees nothing: it is dark; uncover the lens'
    covered = MatchResult(1, 'front', (), None, Reason.NOTHING_VISIBLE, text)
    statistics.moved_images['front'] = 3
    statistics.matched(covered)
    report = images(statistics)
    assert (report.level, report.message) == (
        Level.WARN,
        'The camera sees nothing: it is dark; uncover the lens.',
    )
    assert statistics.moved_images == {'front': 3}
    assert statistics.recent.main_fault('front') == ('nothing_visible', 1.0)
    statistics.matched(MatchResult(2, 'front', (), None, Reason.AMBIGUOUS, 'alike'))
    assert images(statistics).level is Level.OK
