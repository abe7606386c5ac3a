# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo from town to report: record two drives, do a user's steps, judge the answers."""

from __future__ import annotations

from pathlib import Path
import time

import numpy as np
from rich.console import Console

from avpr_ros.demo.commands import prepare_folder
from avpr_ros.gallery.gallery_map import GalleryMap
from simulation.demo.answers import read_answers, true_positions
from simulation.demo.back_end import (
    OUTPUT,
    Corrected,
    back_end_verdict,
    check_installed,
    play_with_back_end,
    score_back_end,
)
from simulation.demo.methods import METHODS, Method, build_and_train, play
from simulation.demo.report import write_report
from simulation.demo.scoring import Scored, score, verdict
from simulation.demo.steps import Steps
from simulation.demo.summary import print_table, write_summary
from simulation.drives.record import Recorded
from simulation.drives.recording import record_drives
from simulation.drives.scenario import DriveSpec, Scenario

_KEYFRAME_M = 2.0


def run_demo(folder: Path, scenario: Scenario, *, quick: bool, console: Console) -> list[str]:
    """Run all steps; return the failed requirements, none if all are met.

    Args:
        folder: for all results; those of an earlier run go first.
        scenario: town and drives.
        quick: noted in the results: a small town.
        console: for progress and the table.

    Raises:
        ConfigError: the folder holds something else, or GTSAM is not installed.
        AvprError: a step failed.
    """
    began = time.monotonic()
    check_installed()
    prepare_folder(folder)
    console.print('[bold]A synthetic town, driven twice[/bold]')
    recorded = record_drives(folder, (scenario.mapping, scenario.query), console)
    steps = Steps(folder, console)
    build_and_train(steps, folder, scenario.mapping.name, _KEYFRAME_M)
    ours, *others = reversed(METHODS)
    play_with_back_end(steps, folder, scenario.query.name, ours)
    for method in others:
        play(steps, folder, scenario.query.name, method)
    scored = [_scored(folder, scenario.query.name, method) for method in METHODS]
    corrected = _corrected(folder, scored[-1], scenario.query)
    failures = verdict(scored[-1].row) + back_end_verdict(corrected, quick=quick)
    facts = _facts(recorded, steps, time.monotonic() - began)
    write_summary(folder / 'summary.json', scored, corrected, failures, quick, facts)
    write_report(
        folder / 'report.html',
        scored,
        corrected,
        GalleryMap.open(folder / METHODS[-1].gallery),
        folder / scenario.query.name,
        failures,
        facts,
        steps.commands_with_times(),
    )
    console.print()
    print_table(scored, console)
    return failures


def _scored(folder: Path, bag: str, method: Method) -> Scored:
    answers = read_answers(folder / method.answers)
    truth_m = true_positions(folder / bag, [answer.stamp_ns for answer in answers])
    keyframes = GalleryMap.open(folder / method.gallery).keyframes
    return score(method.name, answers, truth_m, keyframes)


def _corrected(folder: Path, scored: Scored, spec: DriveSpec) -> Corrected:
    stamps_ns = np.array([answer.stamp_ns for answer in scored.answers], np.int64)
    keyframes = GalleryMap.open(folder / METHODS[-1].gallery).keyframes
    return score_back_end(
        folder / OUTPUT, stamps_ns, scored.truth_m, keyframes, 'demo_town', spec.drift
    )


def _facts(recorded: dict[str, Recorded], steps: Steps, total_s: float) -> dict[str, object]:
    facts: dict[str, object] = {
        name: f'{drive.length_m:.0f} m, {drive.images} images of 320 x 240 px, '
        f'{drive.bytes / 1e6:.1f} MB, rendered in {drive.seconds:.0f} s'
        for name, drive in recorded.items()
    }
    facts['steps that were waited for'] = f'{sum(steps.durations_s.values()):.0f} s'
    facts['all'] = f'{total_s / 60:.1f} min'
    return facts
