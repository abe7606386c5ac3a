# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.localization.matcher import Matcher
from avpr_ros.ros.common.diagnostics import Level
from avpr_ros.ros.localizer.health import localisation_report, map_report
from avpr_ros.ros.localizer.statistics import Statistics

#: Outsiders pass as often as views of the map.
WEAK = Calibration(
    0.5,
    {'revisits': 99, 'foreign': 99, 'revisits_likely_share': 0.3, 'foreign_likely_share': 0.3},
)


def report_of(gallery: Any, calibration: Calibration | None) -> Any:
    network = SimpleNamespace(manifest=SimpleNamespace(network='n'), provider='p')
    matcher = Matcher(gallery, calibration)
    return map_report(SimpleNamespace(gallery=gallery, network=network, matcher=matcher))


def test_a_map_whose_scores_tell_nothing_is_a_warning(gallery: Any) -> None:
    report = report_of(gallery, WEAK)
    assert report.level is Level.WARN
    assert 'no match is accepted in this map' in report.message
    assert report_of(gallery, None).level is Level.OK


def test_images_that_score_like_elsewhere_are_the_reason_for_silence() -> None:
    statistics = Statistics()
    report = localisation_report(statistics, True, 'the camera sees it differently', 0)
    assert report.message == 'No match accepted yet: the camera sees it differently.'
    assert report.values['concern'] == 'the camera sees it differently'
    assert localisation_report(statistics, True, None, 0).message == 'No match accepted yet.'
