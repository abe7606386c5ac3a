# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One self-contained HTML page about a map: what was built, where, how alike its places are."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from avpr_ros.evaluation.map_facts import map_facts
from avpr_ros.evaluation.page import jpeg_uri, render_page
from avpr_ros.evaluation.plots import ACCENT, BAD, styled_figure, svg_uri
from avpr_ros.evaluation.self_similarity import SelfSimilarity, self_similarity
from avpr_ros.files import write_text_atomically
from avpr_ros.gallery.gallery_map import GalleryMap

_TEMPLATE = Path(__file__).parent / 'templates' / 'map_report.html.j2'
_PAIRS = 3
_BINS = 40
#: Many points as paths would make the file larger than the map.
_MOST_PATHS = 2000


def write_map_report(gallery: GalleryMap, path: Path) -> None:
    """Write the page.

    Args:
        gallery: the map.
        path: the HTML file; needs nothing beside it.
    """
    alike = self_similarity(gallery)
    figures = [
        {
            'title': 'Keyframes from above',
            'reading': 'Each dot is a keyframe, each colour a session.',
            'image': _plan(gallery),
        },
        {
            'title': 'Keyframe spacing',
            'reading': 'Distance between keyframes that follow each other; the last bar holds '
            'all beyond.',
            'image': _spacing(gallery),
        },
        {
            'title': 'Self-similarity',
            'reading': 'How alike a keyframe is to its own place and to the most similar other '
            'place. Where the two overlap, places can be confused.',
            'image': _similarity(alike),
        },
    ]
    pairs = [_pair(gallery, a, b, similarity) for a, b, similarity in alike.worst_pairs(_PAIRS)]
    values = {
        'title': f'Gallery map of {", ".join(s.name for s in gallery.manifest.sessions)}',
        'facts': map_facts(gallery, alike),
        'figures': figures,
        'pairs': pairs,
    }
    write_text_atomically(path, render_page(_TEMPLATE, values))


def _plan(gallery: GalleryMap) -> str:
    frames = gallery.keyframes
    with styled_figure(height_in=4.4) as figure:
        axes = figure.subplots()
        axes.scatter(
            frames.poses[:, 0],
            frames.poses[:, 1],
            c=frames.sessions % 10,
            cmap='tab10',
            vmin=0,
            vmax=9,
            s=8,
            rasterized=len(frames) > _MOST_PATHS,
        )
        axes.set_aspect('equal', adjustable='datalim')
        axes.set_xlabel('x in m')
        axes.set_ylabel('y in m')
        return svg_uri(figure)


def _spacing(gallery: GalleryMap) -> str:
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


def _similarity(alike: SelfSimilarity) -> str:
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


def _pair(gallery: GalleryMap, a: int, b: int, similarity: float) -> dict[str, object]:
    thumbnails = [gallery.thumbnail(row) for row in (a, b)]
    return {
        'ids': [int(gallery.keyframes.ids[row]) for row in (a, b)],
        'similarity': similarity,
        'images': [None if image is None else jpeg_uri(image) for image in thumbnails],
    }
