# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.matcher import Matcher
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.localizer.health import inference_report, localisation_report, map_report
from avpr_ros.ros.localizer.modes import MapMode
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.recent_outcomes import MATCHED, RecentOutcomes
from avpr_ros.ros.localizer.pipeline.statistics import Statistics

#: Outsiders pass as often as views of the map.
WEAK = Calibration(
    0.5,
    {'revisits': 99, 'foreign': 99, 'revisits_likely_share': 0.3, 'foreign_likely_share': 0.3},
)


def report_of(gallery: Any, calibration: Calibration | None) -> Any:
    network = SimpleNamespace(manifest=SimpleNamespace(network='n'), provider='p')
    matcher = Matcher(gallery, calibration)
    mode = MapMode(gallery)
    recognizer: Any = SimpleNamespace(gallery=gallery, network=network, matcher=matcher, mode=mode)
    return map_report(recognizer)


def test_a_map_whose_scores_tell_nothing_is_a_warning(gallery: Any) -> None:
    report = report_of(gallery, WEAK)
    assert report.level is Level.WARN
    assert 'no match is accepted in this map' in report.message
    assert report_of(gallery, None).level is Level.OK


def test_images_that_score_like_elsewhere_are_the_reason_for_silence() -> None:
    statistics = Statistics()
    report = localisation_report(statistics, True, 'the camera sees it differently', 0)
    assert report.message == 'No match accepted yet: the camera sees it differently.'
    assert report.values['runtime_warning'] == 'the camera sees it differently'
    assert localisation_report(statistics, True, None, 0).message == 'No match accepted yet.'


def inference_of(statistics: Statistics) -> Any:
    return inference_report(statistics, Settings())


def test_rate_of_failures_is_the_level() -> None:
    statistics = Statistics()
    assert inference_of(statistics).level is Level.OK
    for number in range(10):
        if number == 3:
            statistics.failed('camera', 'MapError: the map was changed.')
        else:
            statistics.recent.add('camera', MATCHED)
    report = inference_of(statistics)
    assert report.level is Level.WARN
    assert report.message == (
        '1 of the last 10 images could not be matched; the last: MapError: the map was changed.'
    )
    for _ in range(20):
        statistics.failed('camera', 'ValueError: covariance')
    assert inference_of(statistics).level is Level.ERROR


def test_failure_stays_reported_while_no_image_comes() -> None:
    now_s = [0.0]
    statistics = Statistics(recent=RecentOutcomes(lambda: now_s[0]))
    statistics.failed('camera', 'ValueError: covariance')
    now_s[0] = 1000.0
    assert inference_of(statistics).level is Level.ERROR
    statistics.recent.add('camera', MATCHED)
    assert inference_of(statistics).level is Level.OK
