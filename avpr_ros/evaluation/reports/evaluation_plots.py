# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plots of an evaluation, each as a ``data:`` address of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
import math
from typing import Any

from matplotlib.axes import Axes
import numpy as np
from numpy.typing import NDArray

from avpr_ros.evaluation.reports.plots import ACCENT, BAD, GOOD, SOFT, styled_figure, svg_uri
from avpr_ros.evaluation.retrieval.evaluation import Pair
from avpr_ros.evaluation.retrieval.ranking import DEPTHS

_COLOURS = (ACCENT, '#b35c00', '#6a3d9a')
_BINS = 40
#: Many points as paths would make the page larger than the data.
_MOST_PATHS = 2000


def recall_plot(pairs: Sequence[Pair]) -> str:
    """Draw recall@N over N, all queries counted."""
    with styled_figure(height_in=3.0) as figure:
        axes = figure.subplots()
        for pair, colour in zip(pairs, _COLOURS, strict=False):
            values = [pair.score.recall[n] for n in DEPTHS]
            axes.plot(DEPTHS, values, marker='o', color=colour, label=pair.method)
        axes.set_xticks(DEPTHS)
        _share_axis(axes, min(pair.score.recall[1] for pair in pairs))
        axes.set_xlabel('N')
        axes.set_ylabel('recall@N')
        axes.legend(loc='lower right')
        return svg_uri(figure)


def precision_plot(pairs: Sequence[Pair]) -> str:
    """Draw precision over recall, with a dot at recall at 100 % precision."""
    with styled_figure(height_in=3.4) as figure:
        axes = figure.subplots()
        lowest, farthest = 1.0, 0.0
        for pair, colour in zip(pairs, _COLOURS, strict=False):
            curve = pair.score.curve
            if curve is None:
                continue
            lowest = min(lowest, float(curve.precision.min()))
            axes.step(
                [0.0, *curve.recall],
                [curve.precision[0], *curve.precision],
                where='pre',
                color=colour,
                label=pair.method,
            )
            farthest = max(farthest, float(curve.recall[-1]))
            if (at_100 := curve.recall_at_precision(1.0)) > 0:
                axes.plot(at_100, 1.0, 'o', color=colour, clip_on=False)
        axes.set_xlim(0, min(1.2 * farthest, 1.02) or 1.0)
        _share_axis(axes, lowest)
        axes.set_xlabel('recall')
        axes.set_ylabel('precision')
        if axes.lines:
            axes.legend(loc='best')
        return svg_uri(figure)


def _share_axis(axes: Axes, lowest: float) -> None:
    """Begin the axis of a share near its lowest value, so that lines near 1 come apart."""
    axes.set_ylim(max(0.0, math.floor(lowest * 10 - 0.5) / 10), 1.03)
    axes.set_yticks([tick for tick in axes.get_yticks() if tick < 1.001])


def similarity_plot(pair: Pair) -> str:
    """Draw how similar the best matches are, right and wrong ones apart."""
    score = pair.score
    kinds = (
        ('right', score.right, GOOD),
        ('wrong', ~score.right & score.has_match, BAD),
        ('no positive in the gallery', ~score.has_match, SOFT),
    )
    edges = np.histogram_bin_edges(score.scores, bins=_BINS).tolist()
    with styled_figure(height_in=2.9) as figure:
        axes = figure.subplots()
        for label, chosen, colour in kinds:
            if chosen.any():
                axes.hist(score.scores[chosen], bins=edges, alpha=0.6, label=label, color=colour)
        axes.margins(y=0.35)  # room for the legend
        axes.legend()
        axes.set_xlabel('similarity of the best match')
        axes.set_ylabel('queries')
        return svg_uri(figure)


def where_plot(pair: Pair) -> str:
    """Draw from above where queries were found; without positions, frame against frame."""
    positions_m = pair.described.query_views.positions_m
    with styled_figure(height_in=4.2) as figure:
        axes = figure.subplots()
        if np.isfinite(positions_m).all() and np.ptp(positions_m, axis=0).any():
            _from_above(axes, pair)
        else:
            _by_number(axes, pair)
        handles, _ = axes.get_legend_handles_labels()
        figure.legend(handles=handles, loc='outside upper center', ncols=3)
        return svg_uri(figure)


def _from_above(axes: Axes, pair: Pair) -> None:
    gallery_m = pair.described.gallery_views.positions_m
    dense = len(gallery_m) > _MOST_PATHS
    axes.scatter(gallery_m[:, 0], gallery_m[:, 1], s=3, color='#d3d9df', rasterized=dense)
    positions_m = pair.described.query_views.positions_m
    _dots(axes, pair, positions_m[:, 0], positions_m[:, 1])
    axes.set_aspect('equal', adjustable='datalim')
    axes.set_xlabel('x in m')
    axes.set_ylabel('y in m')


def _by_number(axes: Axes, pair: Pair) -> None:
    _dots(axes, pair, np.arange(pair.score.queries), pair.ranking.rows[:, 0])
    axes.set_xlabel('query')
    axes.set_ylabel('best match in the gallery')


def _dots(axes: Axes, pair: Pair, x: NDArray[Any], y: NDArray[Any]) -> None:
    score = pair.score
    kinds = [
        ('right', score.right, GOOD),
        ('no positive', ~score.has_match, SOFT),
        ('wrong', ~score.right & score.has_match, BAD),
    ]
    size = 9 if len(x) <= _MOST_PATHS else 3
    # The rarest come last and larger: they are what one looks for.
    for number, (label, chosen, colour) in enumerate(sorted(kinds, key=lambda k: -k[1].sum())):
        if chosen.any():
            axes.scatter(
                x[chosen],
                y[chosen],
                s=size * (1 + 0.4 * number),
                color=colour,
                label=label,
                rasterized=int(chosen.sum()) > _MOST_PATHS,
            )
