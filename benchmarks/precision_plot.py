# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The precision-recall curves of all sets and methods in one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use('Agg')
from matplotlib import pyplot as plt

#: A row of the table, and the recalls and precisions of its curve.
Scored = tuple[Mapping[str, object], list[float], list[float]]


def draw(scored: Sequence[Scored], path: Path) -> None:
    """Draw one panel a set, one line a method.

    Args:
        scored: of each set and method.
        path: the picture; replaced.
    """
    names = list(dict.fromkeys(str(row['set']) for row, recall, _ in scored if recall))
    columns = min(len(names), 4)
    lines = -(-len(names) // columns)
    figure, axes = plt.subplots(
        lines, columns, figsize=(3.2 * columns, 3.0 * lines), squeeze=False, sharey=True
    )
    for panel, name in zip(axes.flat, names, strict=False):
        for row, recall, precision in scored:
            if row['set'] == name:
                panel.plot(recall, precision, label=str(row['method']), linewidth=1)
        panel.set(title=name, xlabel='recall', ylabel='precision', xlim=(0, 1), ylim=(0, 1.02))
    for panel in axes.flat[len(names) :]:
        panel.axis('off')
    axes.flat[0].legend(fontsize=6)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
