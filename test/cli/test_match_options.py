# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from avpr_ros.cli.options import with_match_options
from avpr_ros.localization.settings import MatchSettings, setting_infos

#: One value of each setting that is not its default.
OTHERS: dict[str, Any] = {
    'top_k': 3,
    'min_probability': 0.7,
    'min_similarity': -1.0,
    'standardize_descriptors': False,
    'min_ratio': 1.5,
    'distinct_radius_m': 7.0,
    'temporal_filter': 'bayes',
    'max_speed_m_s': 3.0,
    'use_odometry': False,
    'use_landmarks': False,
    'cool_down_s': 4.0,
    'position_covariance_scale': 2.0,
    'yaw_covariance_scale': 0.5,
}


@pytest.fixture
def run() -> Any:
    got: list[tuple[int, MatchSettings]] = []
    app = typer.Typer()

    @app.command()
    @with_match_options
    def command(number: int, settings: MatchSettings) -> None:
        got.append((number, settings))

    def run_with(*words: str) -> Any:
        result = CliRunner().invoke(app, words)
        return got.pop() if result.exit_code == 0 else result.exception

    return run_with


def test_defaults_are_those_of_the_settings(run: Any) -> None:
    assert run('5') == (5, MatchSettings())


def test_every_adjustable_setting_is_an_option_of_its_name(run: Any) -> None:
    assert set(OTHERS) == set(setting_infos(adjustable_only=True))
    words: list[str] = []
    for name, value in OTHERS.items():
        option = name.replace('_', '-')
        words += [f'--no-{option}'] if value is False else [f'--{option}', str(value)]
    assert run('5', *words) == (5, MatchSettings(**OTHERS))


def test_limits_are_those_of_the_settings(run: Any) -> None:
    assert str(run('5', '--top-k', '0')) == 'top_k is 0; use 1 to 100'


def test_called_from_python_it_takes_the_settings_by_name() -> None:
    got: list[tuple[int, MatchSettings]] = []

    @with_match_options
    def command(number: int, settings: MatchSettings) -> None:
        got.append((number, settings))

    command(5, top_k=3)
    assert got == [(5, MatchSettings(top_k=3))]
    with pytest.raises(TypeError, match='settings'):
        command(5, settings=MatchSettings())
