# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One self-contained HTML page about a run: what was accepted, what not and why, and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from avpr_ros.evaluation.reports import run_plots
from avpr_ros.evaluation.reports.html import render_page
from avpr_ros.evaluation.runs.localization_log import UNANSWERED, RunImage
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.storage.files import write_text_atomically

_TEMPLATE = Path(__file__).parent / 'templates' / 'run_report.html.j2'
_GAPS = 5


def write_run_report(run: Sequence[RunImage], gallery: GalleryMap | None, path: Path) -> None:
    """Write the page.

    Args:
        run: at least one image, in the order of stamps.
        gallery: the map it was matched against, for the plan; None: without.
        path: the HTML file; self-contained.
    """
    latencies_ms = np.array([i.latency_ms for i in run if i.latency_ms is not None])
    keyframes_m = None if gallery is None else gallery.keyframes.poses[:, :3]
    figures = [
        (
            'Decisions over time',
            'A mark for every image: green where a pose was accepted, red where it was rejected, '
            'grey where the node did not answer.',
            run_plots.reasons_over_time(run),
        ),
        (
            'From above',
            'Accepted poses in the order of time. A long stroke between two of them is a jump.',
            run_plots.plan(run, keyframes_m),
        ),
        (
            'Distance from the accepted pose before',
            'An accepted match farther away than the robot can have driven is wrong, or the one '
            'before it was. Rejected ones far away are look-alikes that were caught.',
            run_plots.jumps_over_time(run),
        ),
        (
            'Similarity',
            'Of the best candidate. Where it falls for long, the place is not in the map, or '
            'light and view have changed.',
            run_plots.similarity_over_time(run),
        ),
    ]
    if latencies_ms.size:
        figures.append(
            (
                'Latency',
                'From the image to its answer; the dashed line is the median.',
                run_plots.latency_plot(latencies_ms),
            )
        )
    values = {
        'title': 'A run of avpr_localizer',
        'images': len(run),
        'cards': _cards(run),
        'not_answered': not_answered(run),
        'facts': run_facts(run),
        'counts': _counts(run),
        'gaps': _gap_table(run),
        'figures': figures,
    }
    write_text_atomically(path, render_page(_TEMPLATE, values))


def run_facts(run: Sequence[RunImage]) -> list[tuple[str, str]]:
    """Return what the run was, in words."""
    accepted = [image.pose_m for image in run if image.pose_m is not None]
    path_m = np.linalg.norm(np.diff(np.array(accepted).reshape(-1, 3), axis=0), axis=1).sum()
    answered = _answered(run)
    facts = [
        ('images', f'{len(run)} in {run_plots.seconds(run)[-1]:.1f} s'),
        ('accepted', f'{len(accepted)} of {len(run)} images ({len(accepted) / len(run):.1%})'),
    ]
    if answered < len(run):
        share = f'{len(accepted) / answered:.1%}' if answered else '-'
        facts.append(('of those answered', f'{len(accepted)} of {answered} ({share})'))
    facts.append(('length of the accepted path', f'{path_m:.1f} m'))
    latencies_ms = [image.latency_ms for image in run if image.latency_ms is not None]
    if latencies_ms:
        p50, p95, p99 = np.percentile(latencies_ms, [50, 95, 99])
        facts.append(('latency', f'p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms'))
    return facts


def not_answered(run: Sequence[RunImage]) -> str:
    """Return what the shares of the page are of, in a sentence."""
    missing = len(run) - _answered(run)
    if not missing:
        return (
            'Every image of this log was answered. Images that the node drops before it matches '
            'them (max_rate_hz, min_travel_m) are part of a log only where the bag holds the '
            'images, too.'
        )
    return (
        f'{missing} of {len(run)} images were not answered (grey): the node dropped them before '
        'it matched them (max_rate_hz, min_travel_m, max_image_age_s), or they were lost. They '
        'count in every share of this page.'
    )


def _answered(run: Sequence[RunImage]) -> int:
    return sum(image.reason != UNANSWERED for image in run)


def _cards(run: Sequence[RunImage]) -> list[tuple[str, str]]:
    accepted = sum(image.accepted for image in run)
    gaps = longest_gaps(run)
    cards = [
        (f'{accepted / len(run):.0%}', f'{accepted} of {len(run)} images gave a pose'),
        (f'{gaps[0][1] - gaps[0][0]:.1f} s' if gaps else '0 s', 'longest time without a pose'),
    ]
    latencies_ms = [image.latency_ms for image in run if image.latency_ms is not None]
    if latencies_ms:
        cards.append((f'{np.median(latencies_ms):.0f} ms', 'image to answer, median'))
    return cards


def _counts(run: Sequence[RunImage]) -> list[list[str]]:
    counts = Counter(image.reason for image in run).most_common()
    lines = [[name, str(count), f'{count / len(run):.1%}'] for name, count in counts]
    return [['reason', 'images', 'share'], *lines]


def _gap_table(run: Sequence[RunImage]) -> list[list[str]]:
    lines = [
        [reason, f'{start_s:.1f}', f'{end_s:.1f}', str(count)]
        for start_s, end_s, count, reason in longest_gaps(run)
    ]
    return [['most frequent reason', 'from, s', 'to, s', 'images'], *lines]


def longest_gaps(run: Sequence[RunImage]) -> list[tuple[float, float, int, str]]:
    """Return the longest times without an accepted match: start, end in seconds, images, reason.

    The reason is the most frequent one of the images between.
    """
    times_s = run_plots.seconds(run)
    accepted = [row for row, image in enumerate(run) if image.accepted]
    gaps = []
    for before, after in zip([-1, *accepted], [*accepted, len(run)], strict=True):
        between = run[before + 1 : after]
        if between:
            start_s = times_s[max(before, 0)]
            end_s = times_s[min(after, len(run) - 1)]
            reason = Counter(image.reason for image in between).most_common(1)[0][0]
            gaps.append((float(start_s), float(end_s), len(between), reason))
    return sorted(gaps, key=lambda gap: gap[0] - gap[1])[:_GAPS]
