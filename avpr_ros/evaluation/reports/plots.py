# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plots for pages: matplotlib figures as SVG inside the file, legible on a phone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
import io
from typing import Any

import matplotlib
from matplotlib.figure import Figure

GOOD = '#1a7f45'
BAD = '#c22f2f'
ACCENT = '#1c5d99'
SOFT = '#9aa5b1'

#: Inches. At 390 px the page is about this wide, so that text keeps its size there.
_WIDTH_IN = 5.2

_STYLE: dict[Any, Any] = {
    'font.size': 11,
    'axes.spines.top': False,
    'axes.spines.right': False,
    'axes.edgecolor': '#5b6672',
    'axes.grid': True,
    'grid.color': '#e6eaee',
    'axes.axisbelow': True,
    'legend.frameon': False,
    'legend.fontsize': 10,
    'svg.fonttype': 'path',
    'svg.hashsalt': 'avpr_ros',
}


@contextmanager
def styled_figure(height_in: float = 3.4) -> Iterator[Figure]:
    """Yield an empty figure in the reports' style, as wide as a phone; save it inside."""
    with matplotlib.rc_context(_STYLE):
        yield Figure(figsize=(_WIDTH_IN, height_in), layout='constrained')


def svg_uri(figure: Figure) -> str:
    """Return a figure as a ``data:`` address of an SVG; equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format='svg', metadata={'Date': None})
    return f'data:image/svg+xml;base64,{base64.b64encode(buffer.getvalue()).decode("ascii")}'
