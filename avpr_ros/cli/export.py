# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr export``: a run as one file for a viewer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli import options as shared
from avpr_ros.cli.options import check_result

if TYPE_CHECKING:
    from avpr_ros.sources.frame import FrameSource

#: Format by the suffix of the file.
FORMATS = {'.mcap': 'mcap', '.rrd': 'rerun'}

Run = Annotated[
    Path,
    typer.Argument(
        help='Folder that avpr localize wrote, .jsonl file of avpr_replay, or bag with '
        '~/matches and ~/pose.'
    ),
]
Output = Annotated[
    Path, typer.Option('--output', '-o', help='File for the viewer, .mcap or .rrd.')
]
Map = Annotated[
    Path | None, typer.Option('--map', help='Folder of the map: keyframes and landmarks.')
]
Images = Annotated[
    Path | None, typer.Option('--images', help='Bag or image folder that was localised.')
]
Format = Annotated[
    str | None, typer.Option('--format', help='mcap or rerun; else by the name of the file.')
]


def export(
    run: Run,
    output: Output,
    map_folder: Map = None,
    images: Images = None,
    image_topic: shared.ImageTopics = None,
    file_format: Format = None,
) -> None:
    """Write a run as one file that Foxglove (MCAP) or Rerun (.rrd) opens.

    Poses, decisions with reasons and evidence; with --map also keyframes, landmarks and lines to
    the matched keyframes, with --images the images, with both the pictures side by side.
    """
    from avpr_ros.cli.console import print_note, print_table
    from avpr_ros.evaluation.runs.localization_log import read_run
    from avpr_ros.evaluation.viewers.run_frames import RunFrames
    from avpr_ros.gallery.gallery_map import GalleryMap

    check_result(output, run, images)
    kind = _format(output, file_format)
    if kind == 'mcap':
        from avpr_ros.evaluation.viewers.mcap_export import write_mcap as write
    else:
        from avpr_ros.evaluation.viewers.rerun_export import write_rrd as write
    gallery = GalleryMap.open(map_folder) if map_folder else None
    source = _source(images, image_topic)
    frames = RunFrames(read_run(run), gallery, source)
    write(frames, output)
    total, accepted = len(frames.images), sum(image.accepted for image in frames.images)
    rows = [('decisions', f'{total}'), ('poses', f'{accepted}')]
    if source is not None:
        rows.append(('with their image', f'{frames.with_image} of {total}'))
    print_table(f'run {run}', rows)
    print_note(f'see {output}')


def _format(output: Path, given: str | None) -> str:
    from avpr_ros.errors import ConfigError

    found = FORMATS.get(output.suffix.lower()) if given is None else given
    if found is None:
        raise ConfigError(
            f'The name {output} ends in neither .mcap nor .rrd: give --format mcap or rerun.'
        )
    if found not in FORMATS.values():
        raise ConfigError(f'--format is {found!r}: give mcap or rerun.')
    return found


def _source(images: Path | None, image_topics: list[str] | None) -> FrameSource | None:
    from avpr_ros.errors import ConfigError
    from avpr_ros.sources.open import open_source
    from avpr_ros.sources.options import SourceOptions

    if images is None:
        if image_topics:
            raise ConfigError('--image-topic is given without a recording: add --images.')
        return None
    return open_source(images, SourceOptions(tuple(image_topics or ()), poses_wanted=False))
