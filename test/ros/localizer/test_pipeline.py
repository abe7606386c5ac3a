# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from avpr_ros.localization.matcher import Matcher
from avpr_ros.ros.common.odometry_buffer import OdometryBuffer
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline import Processor
from avpr_ros.ros.localizer.recognizer_factory import NodeRecognizer


class CountingMatcher:
    def __init__(self) -> None:
        self.forgotten = 0

    def forget(self) -> None:
        self.forgotten += 1


@pytest.mark.parametrize(
    'act', [Processor.clear, lambda one: one.enable(False), lambda one: one.enable(True)]
)
def test_images_before_a_jump_or_a_pause_are_forgotten(act: Any) -> None:
    matcher = CountingMatcher()
    nobody: Any = None
    rest: Any = SimpleNamespace(end=lambda: None)
    parts = NodeRecognizer(nobody, nobody, cast(Matcher, matcher))
    processor = Processor(
        nobody, Settings(), parts, nobody, OdometryBuffer(None), nobody, nobody, rest
    )
    act(processor)
    assert matcher.forgotten == 1


class Parts:
    """A recogniser of some parameters, and what was published of it."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def with_settings(self, settings: Settings) -> Parts:
        return Parts(settings)


def test_parameters_that_change_while_a_map_is_read_hold_for_the_new_one() -> None:
    before, after = Settings(top_k=3), Settings(top_k=7)
    published: list[Any] = []
    nobody: Any = None
    rest: Any = SimpleNamespace(end=lambda: None)
    outputs: Any = SimpleNamespace(publish_keyframes=published.append)
    old: Any = Parts(before)
    processor = Processor(nobody, before, old, outputs, OdometryBuffer(None), nobody, nobody, rest)
    new: Any = Parts(before)
    processor.apply(after)
    processor.exchange(new, before)
    assert processor.recognizer.settings is after  # type: ignore[attr-defined]
    assert published == [processor.recognizer]
    processor.exchange(new, after)
    assert processor.recognizer is new
