# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ImageTopics = Annotated[
    list[str] | None,
    typer.Option('--image-topic', help='Image topic of a bag, or sub-folder; can be repeated.'),
]
PoseTopic = Annotated[str | None, typer.Option(help='Topic of the poses.')]
Tum = Annotated[Path | None, typer.Option(help='TUM trajectory file of the poses.')]
Poses = Annotated[Path | None, typer.Option(help='CSV file of the poses.')]
MapFrame = Annotated[str | None, typer.Option(help='Frame in which the poses are given.')]
BaseFrame = Annotated[str | None, typer.Option(help='Frame of the robot whose poses are given.')]
TrustedKeys = Annotated[
    Path | None,
    typer.Option(
        '--trusted-map-keys',
        help='PEM file with public Ed25519 keys; a map without a signature by one of them is '
        'refused, see avpr sign.',
    ),
]
MaxGap = Annotated[
    float, typer.Option(help='Longest gap between poses that is interpolated, in seconds.')
]
