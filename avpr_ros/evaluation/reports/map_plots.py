# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plots of a map, each as a ``data:`` address of an SVG."""

from __future__ import annotations

from matplotlib.axes import Axes
import numpy as np

from avpr_ros.evaluation.map_quality.coverage import Coverage
from avpr_ros.evaluation.map_quality.self_similarity import SelfSimilarity
from avpr_ros.evaluation.map_quality.weak_places import (
    ALONE,
    CONFUSED,
    RECOGNISED,
    UNSURE,
    WeakPlaces,
)
from avpr_ros.evaluation.reports.plots import ACCENT, BAD, GOOD, SOFT, styled_figure, svg_uri
from avpr_ros.gallery.gallery_map import GalleryMap

_BINS = 40
#: Many points as paths would make the file larger than the map.
_MOST_PATHS = 2000
#: Sessions with a line in the legend; all of them have a line among the facts.
_NAMED_SESSIONS = 10
_UNSURE_COLOUR = '#d98e04'
_KINDS = (
    (RECOGNISED, 'recognised', GOOD),
    (UNSURE, 'unsure', _UNSURE_COLOUR),
    (ALONE, 'no neighbour', SOFT),
    (CONFUSED, 'taken for another place', BAD),
)


def weak_plot(gallery: GalleryMap, weak: WeakPlaces, pairs: list[tuple[int, int, float]]) -> str:
    """Draw all keyframes from above, what becomes of those matched, and look-alikes joined."""
    positions_m = gallery.keyframes.poses[:, :2]
    with styled_figure(height_in=4.6) as figure:
        axes = figure.subplots()
        for number, (a, b, _) in enumerate(pairs):
            axes.plot(
                positions_m[[a, b], 0],
                positions_m[[a, b], 1],
                color=BAD,
                linewidth=0.8,
                linestyle=':',
                label=f'most similar places: {len(pairs)} pairs' if number == 0 else None,
            )
        left_out = np.setdiff1d(np.arange(len(gallery)), weak.rows)
        if left_out.size:
            axes.scatter(
                positions_m[left_out, 0],
                positions_m[left_out, 1],
                s=3,
                color='#d3d9df',
                label=f'not matched: {left_out.size}',
                rasterized=left_out.size > _MOST_PATHS,
            )
        for verdict, label, colour in _KINDS:
            rows = weak.rows[weak.verdicts == verdict]
            if rows.size:
                axes.scatter(
                    positions_m[rows, 0],
                    positions_m[rows, 1],
                    s=14,
                    color=colour,
                    label=f'{label}: {rows.size}',
                    rasterized=rows.size > _MOST_PATHS,
                )
        figure.legend(loc='outside upper center', ncols=2)
        _from_above(axes)
        return svg_uri(figure)


def error_plot(weak: WeakPlaces) -> str:
    """Draw the share of keyframes that lie within an error, on a logarithmic axis.

    Keyframes that got no pose by landmarks count as beyond every error.
    """
    with styled_figure(height_in=3.0) as figure:
        axes = figure.subplots()
        for errors_m, tried, label, colour in (
            (weak.metric_error_m, weak.placed_of, 'pose by landmarks', GOOD),
            (weak.keyframe_error_m, 0, 'pose of the most similar keyframe', ACCENT),
        ):
            if errors_m.size:
                # A millimetre at least: keyframes can lie upon each other.
                sorted_m = np.maximum(np.sort(errors_m), 1e-3)
                share = np.arange(1, len(sorted_m) + 1) / (tried or len(sorted_m))
                axes.step(sorted_m, share, where='post', color=colour, label=label)
        axes.set_xscale('log')
        axes.set_ylim(0, 1.02)
        axes.set_xlabel('error in m')
        axes.set_ylabel('share of keyframes')
        if axes.lines:
            figure.legend(loc='outside upper center', ncols=1)
        return svg_uri(figure)


def coverage_plot(gallery: GalleryMap, found: Coverage) -> str:
    """Draw from above how many keyframes show each place, and where steps are missing."""
    positions_m = gallery.keyframes.poses[:, :2]
    with styled_figure(height_in=4.6) as figure:
        axes = figure.subplots()
        for number, gap in enumerate(found.gaps):
            axes.plot(
                positions_m[gap, 0],
                positions_m[gap, 1],
                color=BAD,
                linewidth=2,
                label=f'gaps: {len(found.gaps)}' if number == 0 else None,
            )
        dots = axes.scatter(
            positions_m[:, 0],
            positions_m[:, 1],
            c=found.views,
            cmap='viridis_r',
            vmin=1,
            s=8,
            rasterized=len(gallery) > _MOST_PATHS,
        )
        figure.colorbar(dots, ax=axes, label='keyframes of the place', shrink=0.8)
        if len(found.gaps):
            figure.legend(loc='outside upper center')
        _from_above(axes)
        return svg_uri(figure)


def _from_above(axes: Axes) -> None:
    axes.set_aspect('equal', adjustable='datalim')
    axes.set_xlabel('x in m')
    axes.set_ylabel('y in m')


def sessions_plot(gallery: GalleryMap) -> str:
    """Draw the keyframes from above, by session."""
    frames = gallery.keyframes
    with styled_figure(height_in=4.4) as figure:
        axes = figure.subplots()
        for number, session in enumerate(gallery.manifest.sessions):
            rows = np.flatnonzero(frames.sessions == number)
            axes.scatter(
                frames.poses[rows, 0],
                frames.poses[rows, 1],
                color=f'C{number % 10}',
                s=8,
                label=f'{session.name}: {rows.size}' if number < _NAMED_SESSIONS else None,
                rasterized=len(frames) > _MOST_PATHS,
            )
        figure.legend(loc='outside upper center', ncols=2)
        _from_above(axes)
        return svg_uri(figure)


def spacing_plot(gallery: GalleryMap) -> str:
    """Draw how far keyframes lie apart."""
    steps_m = gallery.keyframes.steps_m()
    with styled_figure(height_in=2.6) as figure:
        axes = figure.subplots()
        if steps_m.size:
            # A jump between stretches must not squeeze all other steps into one bar.
            most_m = max(2.5 * float(np.median(steps_m)), 1e-3)
            axes.hist(np.minimum(steps_m, most_m), bins=_BINS, range=(0, most_m), color=ACCENT)
        axes.set_xlabel('distance in m')
        axes.set_ylabel('keyframes')
        return svg_uri(figure)


def similarity_plot(alike: SelfSimilarity) -> str:
    """Draw how alike keyframes are to their own and to other places."""
    with styled_figure(height_in=2.9) as figure:
        axes = figure.subplots()
        for values, label, colour in (
            (alike.same, 'its own place', ACCENT),
            (alike.other, 'the most similar other place', BAD),
        ):
            finite = values[np.isfinite(values)]
            if finite.size:
                axes.hist(finite, bins=_BINS, alpha=0.6, label=label, color=colour)
                axes.legend()
        axes.margins(y=0.35)  # room for the legend
        axes.set_xlabel('similarity')
        axes.set_ylabel('keyframes')
        return svg_uri(figure)
