# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
import os
from pathlib import Path
import threading
from typing import Any

import numpy as np
import pytest

from avpr_ros.errors import ConfigError
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.ros.localizer.pipeline.recognizer_holder import RecognizerHolder


class FakeRecognizer:
    """A recognizer with settings only; counts how often its history is discarded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.matcher = self.mode = self
        self.forgotten = self.restarts = 0

    def restart_note(self, after: object) -> str | None:
        return None

    def forget(self) -> None:
        self.forgotten += 1

    def restarted(self, settings: Settings) -> FakeRecognizer:
        self.restarts += 1
        return self

    def with_settings(self, settings: Settings) -> FakeRecognizer:
        if settings.temporal_filter == 'bayes':
            raise ConfigError('it needs a map')
        return FakeRecognizer(settings)


def holder_of(recognizer: Any, settings: Settings) -> RecognizerHolder:
    return RecognizerHolder(recognizer, settings)


def test_history_ends_with_a_break_a_clock_jump_and_an_odometry_restart() -> None:
    fake = FakeRecognizer(Settings())
    holder = holder_of(fake, Settings())
    holder.forget_history()
    assert (fake.forgotten, fake.restarts) == (1, 0)
    holder.restart()
    assert fake.restarts == 1
    for restarts, expected in ((0, 1), (1, 2), (1, 2), (3, 3)):
        with holder.matching(restarts) as recognizer:
            assert recognizer is fake  # type: ignore[comparison-overlap]
        assert fake.restarts == expected


def test_refused_settings_leave_the_old_ones_in_use() -> None:
    fake = FakeRecognizer(Settings())
    holder = holder_of(fake, Settings())
    with pytest.raises(ConfigError):
        holder.apply(Settings(temporal_filter='bayes'))
    assert holder.settings == Settings()
    assert holder.recognizer is fake  # type: ignore[comparison-overlap]


def test_parameters_that_change_while_a_map_is_read_hold_for_the_new_one() -> None:
    before, after = Settings(top_k=3), Settings(top_k=7)
    published: list[Any] = []
    holder = holder_of(FakeRecognizer(before), before)
    new: Any = FakeRecognizer(before)
    holder.apply(after)
    holder.exchange(new, before, published.append)
    assert holder.recognizer.settings is after  # type: ignore[attr-defined]
    assert published == [holder.recognizer]
    holder.exchange(new, after, published.append)
    assert holder.recognizer is new


def test_nothing_is_replaced_while_an_image_is_matched() -> None:
    holder = holder_of(FakeRecognizer(Settings()), Settings())
    change = threading.Thread(target=holder.apply, args=(Settings(top_k=7),), daemon=True)
    with holder.matching(0) as recognizer:
        change.start()
        change.join(0.05)
        assert change.is_alive()
        assert holder.recognizer is recognizer
    change.join(10.0)
    assert holder.settings.top_k == 7


@pytest.mark.parametrize('cores', [1, 2])
def test_features_get_a_thread_where_there_is_a_core_for_it(
    cores: int, town_map: Path, town_query: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: set(range(cores)))
    holder = RecognizerHolder.open(Settings(map_path=str(town_map), query_network=str(town_query)))
    assert (holder.recognizer.feature_executor is not None) == (cores > 1)
    holder.close()


def test_one_feature_thread_serves_every_recognizer_and_ends_with_the_holder(
    town_map: Path, town_query: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, 'sched_getaffinity', lambda pid: {0, 1})

    def feature_threads() -> list[threading.Thread]:
        return [t for t in threading.enumerate() if t.name.startswith('avpr_features')]

    settings = Settings(map_path=str(town_map), query_network=str(town_query))
    holder = RecognizerHolder.open(settings)
    before = holder.recognizer
    executor = before.feature_executor
    assert isinstance(executor, ThreadPoolExecutor)
    for _ in range(3):
        holder.reload(lambda recognizer: None)
        assert executor.submit(np.zeros, 3).result().shape == (3,)
    holder.apply(Settings(map_path='map', query_network='query.onnx', top_k=7))
    holder.restart()
    assert holder.recognizer is not before
    assert holder.recognizer.feature_executor is executor
    assert len(feature_threads()) == 1
    holder.close()
    assert feature_threads() == []
    with pytest.raises(RuntimeError, match='shutdown'):
        executor.submit(np.zeros, 3)
