# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr bench``: processing time per image and stage on this machine, as a Markdown table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli import options as shared
from avpr_ros.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from avpr_ros.evaluation.stage_times import StageTimes
    from avpr_ros.gallery.gallery_map import GalleryMap

Map = Annotated[Path, typer.Option('--map', help='Folder of the map.')]
Images = Annotated[
    Path | None,
    typer.Option(help="Folder of JPEG or PNG files; by default the map's own thumbnails."),
]
Count = Annotated[int, typer.Option(help='Number of images to process.', min=1)]
Threads = Annotated[int, typer.Option(help='Threads of the query network.', min=1)]

_SUFFIXES = ('.jpg', '.jpeg', '.png')
#: Most files that are read; more only need memory.
_FILES = 100


def bench(
    map_folder: Map,
    query: shared.QueryNetwork = None,
    images: Images = None,
    count: Count = 300,
    threads: Threads = 1,
) -> None:
    """Time each stage of an image on this machine, and print the table in Markdown."""
    from avpr_ros.threads import limit_product_threads

    limit_product_threads()  # As in the node: else the search waits for threads that spin.
    from avpr_ros.evaluation.stage_times import time_stages
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.localization.recognizer import Recognizer

    gallery = GalleryMap.open(map_folder)
    recognizer = Recognizer.of_map(gallery, query, threads=threads)
    files = _encoded(map_folder / 'thumbnails' if images is None else images)
    times = time_stages(files, recognizer, count)
    typer.echo(_markdown(times, gallery, recognizer.network.manifest.network, threads))


def _encoded(folder: Path) -> list[NDArray[np.uint8]]:
    import numpy as np

    paths = sorted(p for p in folder.glob('**/*') if p.suffix.lower() in _SUFFIXES)
    if not paths:
        raise ConfigError(f'{folder} has no JPEG or PNG file; set --images to a folder of images')
    step = max(1, len(paths) // _FILES)
    return [np.frombuffer(path.read_bytes(), np.uint8) for path in paths[::step]]


def _markdown(times: StageTimes, gallery: GalleryMap, network: str, threads: int) -> str:
    from avpr_ros import __version__
    from avpr_ros.evaluation.machine import machine, versions

    lines = ['| stage | p50 ms | p95 ms | p99 ms |', '| --- | --- | --- | --- |']
    for name, found in times.stages_ms.items():
        lines.append(f'| {name} | ' + ' | '.join(f'{ms:.2f}' for ms in found) + ' |')
    installed = ', '.join(f'{k} {v}' for k, v in versions().items() if k != 'avpr_ros')
    lines += [
        '',
        f'- {times.images} images, {times.cpu_ms:.1f} ms of CPU time each: '
        f'{times.cpu_ms / 10 * 5:.0f} % of a core at 5 Hz; {times.resident_mb:.0f} MB resident',
        f'- {len(gallery)} keyframes, index {gallery.manifest.index or "exact"}; network '
        f'{network}, {gallery.manifest.descriptor_space.dim} dimensions, {threads} threads',
        f'- {machine()}; avpr_ros {__version__}, {installed}',
        '- without publishing; the diagnostics of the running node have all stages',
    ]
    return '\n'.join(lines)
