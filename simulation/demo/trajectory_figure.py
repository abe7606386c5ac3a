# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The plot of a trajectory before and after loop closures."""

from __future__ import annotations

from avpr_ros.evaluation.reports.plots import ACCENT, BAD, SOFT, styled_figure, svg_uri
from simulation.demo.back_end import Corrected


def trajectory_plot(corrected: Corrected) -> str:
    """Return a plan of truth, odometry and the back-end's trajectory."""
    before, after = (f'{corrected.row[name]:.2f} m' for name in ('ate_before_m', 'error_in_map_m'))
    lines = (
        (corrected.truth_m, SOFT, 5.0, 'truth'),
        (corrected.before_m, BAD, 1.4, f'odometry, {before} off'),
        (corrected.after_m, ACCENT, 1.6, f'with loop closures, {after} off'),
    )
    with styled_figure(5.0) as figure:
        axes = figure.subplots()
        for positions_m, colour, width, label in lines:
            axes.plot(*positions_m[:, :2].T, color=colour, lw=width, label=label)
        axes.set_aspect('equal')
        axes.set_xlabel('east, m')
        axes.set_ylabel('north, m')
        figure.legend(loc='outside upper center', ncols=2)
        return svg_uri(figure)
