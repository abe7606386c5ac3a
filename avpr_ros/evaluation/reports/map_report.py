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
from avpr_ros.files import write_text_atomically
from avpr_ros.gallery.gallery_map import GalleryMap

_TEMPLATE = Path(__file__).parent / 'templates' / 'map_report.html.j2'
#: Pairs of places that are shown with their pictures.
_PAIRS = 6
#: Pairs of places that are joined in the plan.
_LINES = 20


def write_map_report(gallery: GalleryMap, path: Path, evidence: MapQuality) -> None:
    """Write the page.

    Args:
        gallery: the map.
        path: the HTML file; self-contained.
        evidence: what was found about the map.
    """
    alike = evidence.alike.worst_pairs(_PAIRS)
    values = {
        'title': f'Gallery map of {", ".join(s.name for s in gallery.manifest.sessions)}',
        'facts': map_facts(gallery, evidence),
        'figures': _figures(gallery, evidence),
        'pairs': [_pair(gallery, pair_text(gallery, *pair), pair[:2]) for pair in alike],
        'corner_pairs': _corner_pairs(gallery, evidence),
    }
    write_text_atomically(path, render_page(_TEMPLATE, values))


def _figures(gallery: GalleryMap, evidence: MapQuality) -> list[dict[str, str]]:
    """Return the plots, what matters most first."""
    lines = evidence.alike.worst_pairs(_LINES)
    figures = (
        (
            'Where this map will be weak',
            'Keyframes from above, each looked for in the map without itself, by '
            f'{evidence.weak.judged_by}, one image each. Red ones would be taken for another '
            'place, amber ones rejected unless the images around them help. Dotted lines join the '
            'places that look most alike. It is the same drive: other light is harder.',
            weak_plot(gallery, evidence.weak, lines),
        ),
        (
            'Expected error',
            'How far off a pose would be: that of the most similar other keyframe, and where the '
            'map has landmarks the one measured by those of the neighbours.',
            error_plot(evidence.weak),
        ),
        (
            'Coverage',
            f'Each dot is a keyframe; dark ones have many within {evidence.alike.radius_m:.1f} m '
            'that look the same way, light ones few. Red lines are gaps.',
            coverage_plot(gallery, evidence.coverage),
        ),
        (
            'Self-similarity',
            'How alike a keyframe is to its own place and to the most similar other '
            'place. Where the two overlap, places can be confused.',
            similarity_plot(evidence.alike),
        ),
        (
            'Keyframe spacing',
            'Distance between keyframes that follow each other; the last bar holds all beyond.',
            spacing_plot(gallery),
        ),
        ('Sessions', 'Each dot is a keyframe, each colour a session.', sessions_plot(gallery)),
    )
    return [{'title': t, 'reading': reading, 'image': image} for t, reading, image in figures]


def _corner_pairs(gallery: GalleryMap, evidence: MapQuality) -> list[dict[str, object]]:
    """Return the look-alikes that corners can hardly tell apart."""
    if evidence.impostors is None:
        return []
    return [
        _pair(
            gallery, f'{apart_text(gallery, a, b)}: evidence {nats:.0f} for the wrong one', (a, b)
        )
        for a, b, nats in evidence.impostors.most_confusable_pairs(_PAIRS)
    ]


def _pair(gallery: GalleryMap, text: str, rows: tuple[int, int]) -> dict[str, object]:
    thumbnails = [gallery.thumbnail(row) for row in rows]
    images = [None if image is None else jpeg_uri(image) for image in thumbnails]
    return {'text': text, 'images': images}
