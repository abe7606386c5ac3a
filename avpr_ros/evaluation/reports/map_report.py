# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One self-contained HTML page about a map: where it will be weak, what was built, and where."""

from __future__ import annotations

from pathlib import Path

from avpr_ros.evaluation.map_quality.facts import map_facts
from avpr_ros.evaluation.map_quality.report_data import MapQuality
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
        'facts': map_facts(gallery, quality),
        'figures': _figures(gallery, quality),
        'pairs': [_pair(gallery, pair_text(gallery, *pair), pair[:2]) for pair in alike],
        'confusable_pairs': _confusable_pairs(gallery, quality),
    }
    write_text_atomically(path, render_page(_TEMPLATE, values))


def _figures(gallery: GalleryMap, quality: MapQuality) -> list[dict[str, str]]:
    """Return the plots, the most important first."""
    lines = quality.alike.worst_pairs(_LINES)
    figures = (
        (
            'Where this map will be weak',
            'Top view of the keyframes, each matched with the rest of the map by '
            f'{quality.weak.judged_by}, as single images. Red ones would be matched with another '
            'place, amber ones rejected unless further images support them. Dotted lines join the '
            'most similar places. Queries are of the mapping drive: other light is harder.',
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
            f'Each dot is a keyframe; dark ones have many within {quality.alike.radius_m:.1f} m '
            'with the same viewing direction, light ones few. Red lines are gaps.',
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
        ('Sessions', 'Each dot is a keyframe, each colour a session.', sessions_plot(gallery)),
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
