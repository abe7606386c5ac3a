# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Writes the demo's page: one self-contained HTML file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from avpr_ros.evaluation.machine import machine, versions
from avpr_ros.evaluation.reports.html import render_page
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.storage.files import write_text_atomically
from simulation.demo import figures
from simulation.demo.back_end import LEAST_RATIO, Corrected
from simulation.demo.examples import choose, pairs
from simulation.demo.scoring import RIGHT_M, WRONG_M, Scored
from simulation.demo.summary import COLUMNS, TITLES, cells, in_order
from simulation.demo.trajectory_figure import trajectory_plot

_TEMPLATE = Path(__file__).with_name('report.html.j2')
_PAIRS_EACH = 3


def write_report(
    path: Path,
    scored: Sequence[Scored],
    corrected: Corrected,
    gallery: GalleryMap,
    query_bag: Path,
    failures: Sequence[str],
    facts: Mapping[str, object],
    commands: Sequence[str],
) -> None:
    """Write the page.

    Args:
        path: the HTML file.
        scored: of all methods; the last method is shown in full.
        corrected: the drive's trajectory before and after loop closures.
        gallery: the map it was matched against.
        query_bag: the second drive.
        failures: of the verdict; empty: passed.
        facts: about the run, in words.
        commands: what the demo ran, as a user would type it.
    """
    ours = scored[-1]
    values = {
        'title': 'A town driven twice: avpr_ros demo',
        'failures': list(failures),
        'row': ours.row,
        'slam': corrected.row,
        'least_ratio': LEAST_RATIO,
        'trajectories': trajectory_plot(corrected),
        'right_m': RIGHT_M,
        'wrong_m': WRONG_M,
        'names': TITLES,
        'methods': _table(scored),
        'plan': figures.map_of_matches(ours, gallery.keyframes.poses[:, :3]),
        'histogram': figures.score_histogram(ours),
        'precision_recall': figures.precision_recall_plot(scored),
        'errors': figures.error_plot(ours),
        'latency': figures.latency_plot(scored),
        'pairs': pairs(ours, choose(ours, _PAIRS_EACH), gallery, query_bag),
        'facts': list(facts.items()),
        'commands': list(commands),
        'machine': machine(),
        'versions': versions(),
    }
    write_text_atomically(path, render_page(_TEMPLATE, values))


def _table(scored: Sequence[Scored]) -> list[list[str]]:
    """Return one column a method, the default first, under their names."""
    methods = in_order(scored)
    columns = [[TITLES[method.method], *cells(method.row)] for method in methods]
    headings = ['', *(heading for heading, _, _ in COLUMNS)]
    return [list(line) for line in zip(headings, *columns, strict=True)]
