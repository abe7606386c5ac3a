# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How to match, as options: the node's parameters of the same names."""

from __future__ import annotations

from typing import Annotated

import typer

MinProbability = Annotated[
    float, typer.Option(help='Least probability of a match, by the calibration.')
]
MinSimilarity = Annotated[
    float | None, typer.Option(help='Threshold on the similarity instead of the probability.')
]
MinRatio = Annotated[float, typer.Option(help='Best similarity over the best other place.')]
TopK = Annotated[int, typer.Option(help='Candidates reported for an image.')]
DistinctRadius = Annotated[
    float | None,
    typer.Option(help='Distance at which another place begins, m; by default from the map.'),
]
TemporalFilter = Annotated[
    str,
    typer.Option(
        help='none: image by image; consistency: the best candidates of two of the three images '
        'before must lie near; bayes: a filter along the map.'
    ),
]
MaxSpeed = Annotated[float, typer.Option('--max-speed-m-s', help='Highest speed of the robot.')]
Landmarks = Annotated[
    bool,
    typer.Option(
        '--landmarks/--no-landmarks', help='Verify places and measure poses by local features.'
    ),
]
CoolDown = Annotated[
    float, typer.Option('--cool-down-s', help='Least time between two accepted matches.')
]
PositionScale = Annotated[
    float,
    typer.Option(
        '--position-covariance-scale', help='Factor on the standard deviations of x, y and z.'
    ),
]
YawScale = Annotated[
    float,
    typer.Option('--yaw-covariance-scale', help='Factor on the standard deviation of yaw.'),
]
