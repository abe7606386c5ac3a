# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The plots of a run's page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter
import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.evaluation.reports.plots import ACCENT, BAD, GOOD, SOFT, styled_figure, svg_uri
from avpr_ros.evaluation.runs.localization_log import UNANSWERED, RunImage
from avpr_ros.stamps import NS_PER_S

#: Many points as paths would make the file larger than the run.
_MOST_PATHS = 2000
#: Up to here the axis of distances is linear; a longer one is logarithmic from 1 m on.
_LINEAR_M = 10.0
#: Metres with a tick on it: fewer where it is long.
_NEAR_TICKS_M = (0, 1, 2, 5, 10, 20, 50, 100)
_FAR_TICKS_M = (0, 1, 10, 100, 1000, 10_000, 100_000)


def seconds(run: Sequence[RunImage]) -> FloatArray:
    """Return (N,) seconds of the images since the first."""
    return np.array([(image.stamp_ns - run[0].stamp_ns) / NS_PER_S for image in run])


def reasons_over_time(run: Sequence[RunImage]) -> str:
    """Return one row of dots for each decision, the most frequent at the top."""
    order = [name for name, _ in Counter(image.reason for image in run).most_common()][::-1]
    rows = np.array([order.index(image.reason) for image in run])
    with styled_figure(1.2 + 0.4 * len(order)) as figure:
        axes = figure.subplots()
        colours = [_colour(image) for image in run]
        axes.scatter(seconds(run), rows, c=colours, marker='|', rasterized=len(run) > _MOST_PATHS)
        axes.set_yticks(range(len(order)), order)
        axes.set_ylim(-0.6, len(order) - 0.4)
        axes.set_xlabel('time, s')
        return svg_uri(figure)


def _colour(image: RunImage) -> str:
    if image.accepted:
        return GOOD
    return SOFT if image.reason == UNANSWERED else BAD


def plan(run: Sequence[RunImage], keyframes_m: FloatArray | None) -> str:
    """Return the accepted poses over the keyframes, and where rejected candidates lay.

    Args:
        run: the images.
        keyframes_m: (K, 3) of the map; None where no map was given.
    """
    with styled_figure(4.6) as figure:
        axes = figure.subplots()
        if keyframes_m is not None:
            axes.plot(*keyframes_m[:, :2].T, '.', color='#aab4be', ms=3, label='keyframes')
        rejected = [i.candidate_m for i in run if not i.accepted and i.candidate_m is not None]
        accepted = [image.pose_m for image in run if image.pose_m is not None]
        for points, style, colour, label in (
            (rejected, 'x', BAD, 'best candidate, rejected'),
            (accepted, '.-', GOOD, 'accepted'),
        ):
            x_y = np.array(points, np.float64).reshape(-1, 3)[:, :2].T
            axes.plot(*x_y, style, color=colour, ms=4, lw=0.6, label=f'{label} ({len(points)})')
        axes.set_aspect('equal', adjustable='datalim')
        axes.set_xlabel('x, m')
        axes.set_ylabel('y, m')
        figure.legend(loc='outside upper center', ncols=2)
        return svg_uri(figure)


def jumps(run: Sequence[RunImage]) -> FloatArray:
    """Return (N,) metres from the accepted pose before to each image's pose or candidate."""
    last, found = None, []
    for image in run:
        here = image.pose_m or image.candidate_m
        found.append(math.nan if last is None or here is None else math.dist(last, here))
        last = image.pose_m or last
    return np.array(found)


def jumps_over_time(run: Sequence[RunImage]) -> str:
    """Return how far every answer lay from the accepted pose before."""
    with styled_figure(2.9) as figure:
        _dots(figure, run, jumps(run), 'distance, m')
        _distance_axis(figure.axes[0], jumps(run))
        return svg_uri(figure)


def _distance_axis(axes: Axes, values_m: FloatArray) -> None:
    """Scale an axis for centimetres as for hundreds of metres, with ticks in plain metres."""
    most_m = float(np.nanmax(values_m, initial=0.0))
    axes.set_ylim(0, 1.1 * most_m or 1.0)
    if most_m <= _LINEAR_M:
        return
    axes.set_yscale('symlog', linthresh=1.0)
    ticks_m = _NEAR_TICKS_M if most_m <= _NEAR_TICKS_M[-1] else _FAR_TICKS_M
    axes.yaxis.set_major_locator(FixedLocator(ticks_m))
    axes.yaxis.set_minor_locator(FixedLocator([]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:g}'))
    axes.set_ylim(0, 1.2 * most_m)


def similarity_over_time(run: Sequence[RunImage]) -> str:
    """Return the similarity of the best candidates."""
    with styled_figure(2.9) as figure:
        _dots(figure, run, np.array([image.similarity for image in run]), 'similarity')
        return svg_uri(figure)


def _dots(figure: Figure, run: Sequence[RunImage], values: FloatArray, label: str) -> None:
    """Draw a dot for every image, by time, in the colour of its decision."""
    axes = figure.subplots()
    accepted, times_s = np.array([image.accepted for image in run]), seconds(run)
    for chosen, colour, name in ((~accepted, BAD, 'rejected'), (accepted, GOOD, 'accepted')):
        axes.plot(times_s[chosen], values[chosen], '.', color=colour, label=name)
    axes.set_xlabel('time, s')
    axes.set_ylabel(label)
    figure.legend(loc='outside upper center', ncols=2)


def latency_plot(latencies_ms: FloatArray) -> str:
    """Return the share of the images that were answered within a time."""
    with styled_figure(2.6) as figure:
        axes = figure.subplots()
        times = np.sort(latencies_ms)
        axes.step(times, 100 * np.arange(1, len(times) + 1) / len(times), color=ACCENT)
        axes.axvline(float(np.median(times)), color=SOFT, ls='--', lw=1)
        axes.set_xlabel('image to answer, ms')
        axes.set_ylabel('images, %')
        axes.set_xlim(left=0)
        axes.set_ylim(0, 102)
        return svg_uri(figure)
