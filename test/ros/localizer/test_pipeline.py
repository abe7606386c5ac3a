# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pictures
import pytest

from avpr_ros.errors import ExtrinsicsError
from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.pipeline import Pipeline

RESULT = MatchResult(7, 'front', (), None, Reason.BAD_DESCRIPTOR, 'all zero')


class Parts:
    """The collaborators of a pipeline, which record what they are asked for."""

    def __init__(self) -> None:
        self.dropped: dict[str, str] = {}
        self.gates: list[str] = []
        self.published: list[Any] = []
        self.extrinsics_error: ExtrinsicsError | None = None
        self.publish_error: ValueError | None = None
        self.settings = Settings()
        self.odometry_restarts = 0
        self.least_side_px = 64
        self.gallery = SimpleNamespace(manifest=SimpleNamespace(cameras=()))
        context = SimpleNamespace(ok=lambda: True)
        logger = SimpleNamespace(warning=lambda *_, **__: None, error=lambda *_, **__: None)
        node: Any = SimpleNamespace(get_logger=lambda: logger, context=context)
        parts: Any = self
        self.pipeline = Pipeline(node, parts, parts, parts, parts)

    def drop_by_time(self, *_: Any) -> str | None:
        self.gates.append('time')
        return self.dropped.get('time')

    def drop_by_motion(self, *_: Any) -> str | None:
        self.gates.append('motion')
        return self.dropped.get('motion')

    def odom_from_base(self, *_: Any) -> None:
        return

    def camera(self, *_: Any) -> tuple[None, None]:
        if self.extrinsics_error is not None:
            raise self.extrinsics_error
        return None, None

    def matching(self, _restarts: int) -> Any:
        return nullcontext(self)

    def recognize(self, *_: Any) -> MatchResult:
        return RESULT

    def publish(self, *arguments: Any) -> None:
        if self.publish_error is not None:
            raise self.publish_error
        self.published.append(arguments)

    def process(self, requested: bool = False) -> Any:
        return self.pipeline.process(
            'front', pictures.raw(np.zeros((8, 8, 3), np.uint8)), requested
        )


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_an_image_is_matched_published_and_counted(parts: Parts) -> None:
    assert parts.process().text == 'all zero'
    assert [arguments[0] for arguments in parts.published] == [RESULT]
    assert parts.pipeline.statistics.reasons == {'bad_descriptor': 1}
    assert set(parts.pipeline.statistics.stages_s[0]) == {'decode', 'publish'}


@pytest.mark.parametrize('gate', ['time', 'motion'])
def test_a_gate_that_is_closed_is_counted_and_ends_the_work(parts: Parts, gate: str) -> None:
    parts.dropped[gate] = 'why'
    assert not parts.process().success
    assert parts.published == []
    assert parts.pipeline.statistics.dropped == {'why': 1}


def test_a_requested_image_passes_closed_gates_and_is_no_drop(parts: Parts) -> None:
    parts.dropped.update(time='rate', motion='still')
    parts.process(requested=True)
    assert parts.gates == ['motion']
    assert len(parts.published) == 1
    assert not parts.pipeline.statistics.dropped


def test_motion_is_not_asked_for_while_the_camera_contradicts_its_last_place(
    parts: Parts,
) -> None:
    parts.pipeline.statistics.moved_images['front'] = 2
    parts.process()
    assert parts.gates == ['time']


def test_missing_extrinsics_are_the_outcome(parts: Parts) -> None:
    parts.extrinsics_error = ExtrinsicsError('no transform')
    assert parts.process().text == 'no transform'
    assert parts.pipeline.statistics.dropped == {'no_transform': 1}
    parts.pipeline.failed(ValueError('a bug'))
    assert parts.pipeline.statistics.failures == 1


def test_result_that_cannot_be_published_is_a_failure(parts: Parts) -> None:
    parts.publish_error = ValueError('a covariance is not finite')
    with pytest.raises(ValueError, match='not finite') as raised:
        parts.process()
    parts.pipeline.failed(raised.value)
    statistics = parts.pipeline.statistics
    assert not statistics.reasons
    assert statistics.last_fix_s is None
    assert statistics.recent.tried() == {'failed': 1}


def test_image_above_the_limit_of_pixels_is_dropped_unopened(parts: Parts) -> None:
    parts.settings = replace(parts.settings, max_image_megapixels=50e-6)
    assert parts.process().text == (
        'The image has 8 x 8 px, more than 5e-05 million: reduce the resolution of the camera, or '
        'raise max_image_megapixels.'
    )
    assert parts.pipeline.statistics.recent.tried() == {'undecodable': 1}
