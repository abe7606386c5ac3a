# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One self-contained HTML page about a map: where it will be weak, what was built, and where."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avpr_ros.evaluation.map_quality.facts import map_facts
from avpr_ros.evaluation.map_quality.report_data import MapQuality
from avpr_ros.evaluation.map_quality.verdict import map_verdict, recognised_share
from avpr_ros.evaluation.map_quality.weakness_facts import apart_text, pair_text
from avpr_ros.evaluation.reports.html import jpeg_uri, render_page
from avpr_ros.evaluation.reports.map_plots import (
    coverage_plot,
    error_plot,
    sessions_plot,
    similarity_plot,
    spacing_plot,
    weak_plot,
)
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.storage.files import write_text_atomically

_TEMPLATE = Path(__file__).parent / 'templates' / 'map_report.html.j2'
#: Pairs of places that are shown with their pictures.
_PAIRS = 6
#: Pairs of places that are joined in the plan.
_LINES = 20


def write_map_report(gallery: GalleryMap, path: Path, quality: MapQuality) -> None:
    """Write the HTML report of a map.

    Args:
        gallery: the map.
        path: the HTML file; self-contained.
        quality: its quality measures.
    """
    alike = quality.alike.worst_pairs(_PAIRS)
    values = {
        'title': f'Gallery map of {", ".join(s.name for s in gallery.manifest.sessions)}',
        'verdict': map_verdict(quality),
        'warnings': gallery.warnings,
        'cards': _cards(gallery, quality),
        'facts': map_facts(gallery, quality),
        'figures': _figures(gallery, quality),
        'pairs': [_pair(gallery, pair_text(gallery, *pair), pair[:2]) for pair in alike],
        'confusable_pairs': _confusable_pairs(gallery, quality),
    }
    write_text_atomically(path, render_page(_TEMPLATE, values))


def _cards(gallery: GalleryMap, quality: MapQuality) -> list[tuple[str, str]]:
    """Return the figures that matter most."""
    weak = quality.weak
    cards = [
        (f'{len(gallery)}', f'keyframes over {quality.coverage.driven_m:.0f} m'),
        (
            f'{recognised_share(weak):.0%}',
            f'recognised as single images, of {_share(len(weak.rows), len(gallery))}',
        ),
    ]
    if weak.metric_error_m.size:
        cards.append(
            (f'{np.median(weak.metric_error_m):.2f} m', 'median error of poses by landmarks')
        )
    elif weak.keyframe_error_m.size:
        cards.append(
            (f'{np.median(weak.keyframe_error_m):.2f} m', 'median distance of the best keyframe')
        )
    megabytes = sum(entry.bytes for entry in gallery.manifest.files.values()) / 1e6
    return [*cards, (f'{megabytes:.1f} MB', 'without thumbnails')]


def _share(count: int, total: int) -> str:
    """Return how many of the keyframes were looked at."""
    if count == total:
        return f'all {total} keyframes'
    return f'{count} of {total} keyframes ({count / total:.0%}), evenly chosen'


def _figures(gallery: GalleryMap, quality: MapQuality) -> list[dict[str, str]]:
    """Return the plots, the most important first."""
    lines = quality.alike.worst_pairs(_LINES)
    figures = (
        (
            'Where this map will be weak',
            f'Top view of {_share(len(quality.weak.rows), len(gallery))}, each matched with the '
            f'rest of the map by {quality.weak.judged_by}, as single images. Red ones would be '
            'matched with another place, amber ones rejected unless further images support them. '
            'Queries are of the mapping drive: other light is harder.',
            weak_plot(gallery, quality.weak, lines),
        ),
        (
            'Expected error',
            'Error of the pose of the most similar other keyframe and, where the map has '
            'landmarks, of the pose by the landmarks of the neighbours.',
            error_plot(quality.weak),
        ),
        (
            'Coverage',
            'Each dot is a keyframe, all are shown; dark ones have many within '
            f'{quality.alike.radius_m:.1f} m with the same viewing direction, light ones few.',
            coverage_plot(gallery, quality.coverage),
        ),
        (
            'Self-similarity',
            'Similarity of a keyframe to its own place and to the most similar other place. Where '
            'the two distributions overlap, places can be confused.',
            similarity_plot(quality.alike),
        ),
        (
            'Keyframe spacing',
            'Distance between successive keyframes; the last bar contains all larger distances.',
            spacing_plot(gallery),
        ),
        ('Sessions', 'Each dot is a keyframe.', sessions_plot(gallery)),
    )
    return [{'title': t, 'reading': reading, 'image': image} for t, reading, image in figures]


def _confusable_pairs(gallery: GalleryMap, quality: MapQuality) -> list[dict[str, object]]:
    """Return the false matches with the largest log-likelihood ratios."""
    if quality.impostors is None:
        return []
    return [
        _pair(
            gallery,
            f'{apart_text(gallery, a, b)}: log-likelihood ratio {nats:.0f} of the false match',
            (a, b),
        )
        for a, b, nats in quality.impostors.most_confusable_pairs(_PAIRS)
    ]


def _pair(gallery: GalleryMap, text: str, rows: tuple[int, int]) -> dict[str, object]:
    thumbnails = [gallery.thumbnail(row) for row in rows]
    images = [None if image is None else jpeg_uri(image) for image in thumbnails]
    return {'text': text, 'images': images}
