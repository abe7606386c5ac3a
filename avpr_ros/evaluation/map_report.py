# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One self-contained HTML page about a map: what was built, where, how alike its places are."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import cv2
from jinja2 import Environment, PackageLoader, select_autoescape
from matplotlib.figure import Figure
import numpy as np

from avpr_ros.evaluation.map_facts import map_facts
from avpr_ros.evaluation.self_similarity import SelfSimilarity, self_similarity
from avpr_ros.files import write_text_atomically
from avpr_ros.gallery.gallery_map import GalleryMap

_PAIRS = 3
_INK = '#1b5e9c'
_WARM = '#c4501b'


def write_map_report(gallery: GalleryMap, path: Path) -> None:
    """Write the page.

    Args:
        gallery: the map.
        path: the HTML file; needs nothing beside it.
    """
    alike = self_similarity(gallery)
    environment = Environment(
        loader=PackageLoader('avpr_ros.evaluation', 'templates'),
        autoescape=select_autoescape(default=True),
    )
    page = environment.get_template('map_report.html.j2').render(
        map_id=gallery.manifest.map_id,
        facts=map_facts(gallery, alike),
        figures=[
            ('Keyframes from above, coloured by session', _plan(gallery)),
            ('Distance between keyframes that follow each other', _spacing(gallery)),
            ('Similarity within a place and between places', _similarity(alike)),
        ],
        pairs=[
            {
                'ids': [int(gallery.keyframes.ids[row]) for row in rows],
                'similarity': similarity,
                'images': [_thumbnail(gallery, row) for row in rows],
            }
            for *rows, similarity in alike.worst_pairs(_PAIRS)
        ],
    )
    write_text_atomically(path, page)


def _plan(gallery: GalleryMap) -> str:
    frames = gallery.keyframes
    figure = Figure(figsize=(7, 6), layout='constrained')
    axes = figure.subplots()
    axes.scatter(frames.poses[:, 0], frames.poses[:, 1], c=frames.sessions, s=6, cmap='tab10')
    axes.set_aspect('equal', adjustable='datalim')
    axes.set_xlabel('x in m')
    axes.set_ylabel('y in m')
    return _png(figure)


def _spacing(gallery: GalleryMap) -> str:
    steps_m = gallery.keyframes.steps_m()
    figure = Figure(figsize=(7, 3), layout='constrained')
    axes = figure.subplots()
    if steps_m.size:
        # A jump between stretches must not squeeze all other steps into one bar.
        most_m = max(float(np.percentile(steps_m, 99)) * 1.2, 1e-3)
        axes.hist(np.minimum(steps_m, most_m), bins=40, range=(0.0, most_m), color=_INK)
    axes.set_xlabel('distance in m (the last bar holds all beyond)')
    axes.set_ylabel('keyframes')
    return _png(figure)


def _similarity(alike: SelfSimilarity) -> str:
    figure = Figure(figsize=(7, 3), layout='constrained')
    axes = figure.subplots()
    for values, label, colour in (
        (alike.same, 'best of the same place', _INK),
        (alike.other, 'best of another place', _WARM),
    ):
        finite = values[np.isfinite(values)]
        if finite.size:
            axes.hist(finite, bins=40, alpha=0.6, label=label, color=colour)
            axes.legend()
    axes.set_xlabel('similarity')
    axes.set_ylabel('keyframes')
    return _png(figure)


def _png(figure: Figure) -> str:
    stream = BytesIO()
    figure.savefig(stream, format='png', dpi=130)
    return 'data:image/png;base64,' + base64.b64encode(stream.getvalue()).decode('ascii')


def _thumbnail(gallery: GalleryMap, row: int) -> str | None:
    image = gallery.thumbnail(row)
    if image is None:
        return None
    _, data = cv2.imencode('.jpg', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return 'data:image/jpeg;base64,' + base64.b64encode(data.tobytes()).decode('ascii')
