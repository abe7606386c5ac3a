# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ImageTopics = Annotated[
    list[str] | None,
    typer.Option(
        '--image-topic', help='Image topic of a bag, or sub-folder; may be given several times.'
    ),
]
PoseTopic = Annotated[str | None, typer.Option(help='Take poses from this topic.')]
Tum = Annotated[Path | None, typer.Option(help='Take poses from this TUM trajectory file.')]
Poses = Annotated[Path | None, typer.Option(help='Take poses from this CSV file.')]
MapFrame = Annotated[str | None, typer.Option(help='Name of the frame that poses are in.')]
BaseFrame = Annotated[str | None, typer.Option(help='Name of the frame that poses are of.')]
MaxGap = Annotated[float, typer.Option(help='Longest gap between poses that is bridged.')]
