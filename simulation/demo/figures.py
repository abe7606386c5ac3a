# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The plots of the demo's page."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.collections import LineCollection
import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.evaluation.metrics.precision_recall import precision_recall
from avpr_ros.evaluation.reports.plots import ACCENT, BAD, GOOD, SOFT, styled_figure, svg_uri
from simulation.demo.scoring import WRONG_M, Scored
from simulation.demo.summary import TITLES, in_order

_COLOURS = {'gallery': SOFT, 'light': '#c98a1b', 'asymmetric': '#7a9cc6', 'landmarks': ACCENT}


def map_of_matches(scored: Scored, keyframes_m: FloatArray) -> str:
    """Return a plan: keyframes, the second drive, a line from each query to its best match."""
    with styled_figure(5.0) as figure:
        axes = figure.subplots()
        axes.plot(*keyframes_m[:, :2].T, '.', color='#aab4be', ms=4, label='keyframes')
        best = [a.matches[0].position_m[:2] if a.matches else None for a in scored.answers]
        for wanted, colour, label in (
            (scored.accepted, GOOD, 'accepted'),
            (~scored.accepted, BAD, 'rejected'),
        ):
            rows = np.flatnonzero(wanted)
            lines = [
                (tuple(scored.truth_m[row, :2]), point)
                for row in rows
                if (point := best[row]) is not None
            ]
            axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.8, alpha=0.6))
            axes.plot(
                *scored.truth_m[rows, :2].T,
                'o',
                color=colour,
                ms=3,
                label=f'drive 2, {label} ({len(rows)})',
            )
        axes.set_aspect('equal')
        axes.set_xlabel('east, m')
        axes.set_ylabel('north, m')
        figure.legend(loc='outside upper center', ncols=2)
        return svg_uri(figure)


def score_histogram(scored: Scored) -> str:
    """Return how scores of right and wrong best candidates lie apart."""
    with styled_figure(3.0) as figure:
        axes = figure.subplots()
        known = np.isfinite(scored.scores)
        scores = scored.scores[known]
        low, high = (scores.min(), scores.max()) if len(scores) else (0.0, 1.0)
        bins = np.linspace(low - 0.01, high + 0.01, 30).tolist()
        for right, colour, label in ((True, GOOD, 'right place'), (False, BAD, 'wrong place')):
            chosen = scores[scored.best_right[known] == right]
            axes.hist(chosen, bins, color=colour, alpha=0.65, label=f'{label} ({len(chosen)})')
        accepted = scored.scores[scored.accepted]
        if len(accepted):
            axes.axvline(accepted.min(), color='#1d232b', ls='--', lw=1)
            axes.annotate(
                'lowest accepted',
                (accepted.min(), 0.96),
                xycoords=('data', 'axes fraction'),
                rotation=90,
                ha='right',
                va='top',
                fontsize=9,
            )
        axes.set_xlabel('similarity of the best candidate')
        axes.set_ylabel('queries')
        figure.legend(loc='outside upper center', ncols=2)
        return svg_uri(figure)


def precision_recall_plot(scored: Sequence[Scored]) -> str:
    """Return precision over recall of the best candidates of each method, over all scores."""
    with styled_figure(3.2) as figure:
        axes = figure.subplots()
        for method in in_order(scored):
            has_match = np.ones(len(method.answers), np.bool_)
            curve = precision_recall(method.scores, method.best_right, has_match)
            axes.plot(
                np.concatenate([[0.0], curve.recall]),
                np.concatenate([curve.precision[:1], curve.precision]),
                color=_COLOURS.get(method.method, SOFT),
                lw=2.4 if method.method == 'landmarks' else 1.6,
                label=TITLES[method.method],
            )
        axes.set_xlabel('recall')
        axes.set_ylabel('precision')
        axes.set_xlim(0, 1.02)
        axes.set_ylim(top=1.005)
        axes.legend(loc='lower left')
        return svg_uri(figure)


def error_plot(scored: Scored) -> str:
    """Return the distances of accepted poses from the truth, as a cumulative share."""
    with styled_figure(2.9) as figure:
        axes = figure.subplots()
        errors = np.sort(np.maximum(scored.error_m[scored.accepted], 0.01))
        if len(errors):
            share = 100 * np.arange(1, len(errors) + 1) / len(errors)
            axes.step(errors, share, where='post', color=ACCENT, lw=2)
            axes.set_xscale('log')
            axes.axvline(WRONG_M, color=BAD, ls='--', lw=1)
            axes.text(WRONG_M, 4, ' wrong', color=BAD, fontsize=10)
            axes.set_xlim(right=max(30.0, 1.2 * float(errors[-1])))
        axes.set_xlabel('distance from the truth, m')
        axes.set_ylabel('accepted poses, %')
        axes.set_ylim(0, 102)
        return svg_uri(figure)


def latency_plot(scored: Sequence[Scored]) -> str:
    """Return the time from publishing an image to the answer, by share of the images."""
    with styled_figure(2.9) as figure:
        axes = figure.subplots()
        for method in in_order(scored):
            times = np.sort([a.latency_ms for a in method.answers if a.latency_ms is not None])
            share = 100 * np.arange(1, len(times) + 1) / max(1, len(times))
            axes.plot(
                times,
                share,
                color=_COLOURS.get(method.method, SOFT),
                lw=2.4 if method.method == 'landmarks' else 1.6,
                label=TITLES[method.method],
            )
        axes.set_xlabel('image published to answer received, ms')
        axes.set_ylabel('images, %')
        axes.set_xlim(left=0)
        axes.set_ylim(0, 102)
        axes.legend(loc='lower right')
        return svg_uri(figure)
