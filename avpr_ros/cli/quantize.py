# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr quantize``: quantize a query network to 8 bits if its recall stays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

Map = Annotated[Path, typer.Option('--map', help='Folder of the map, with its thumbnails.')]
Query = Annotated[Path, typer.Option(help='The float query network, an ONNX file.')]
Output = Annotated[
    Path | None, typer.Option('--output', '-o', help='The new file; by default NAME-int8.onnx.')
]


def quantize(map_folder: Map, query: Query, output: Output = None) -> None:
    """Quantize a query network to 8 bits; rejected if recall@1 falls by more than 0.01."""
    from avpr_ros.cli.console import print_note, print_table, progress_bars
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.localization.space_check import check_space
    from avpr_ros.runtime.query_manifest import QueryManifest
    from avpr_ros.training.quantized import LEAST_SPEED_UP, quantize_query_network

    gallery = GalleryMap.open(map_folder)
    check_space(QueryManifest.load(query.with_suffix('.json')), gallery.manifest)
    target = output or query.with_name(f'{query.stem}-int8.onnx')
    with progress_bars() as report:
        result = quantize_query_network(gallery, query, target, report)
    found: dict[str, Any] = result.manifest.training['int8']
    rows = []
    for name in ('float', 'int8'):
        recall, cpu_ms = found[name]['recall_at_1'], found[f'{name}_cpu_ms']
        rows.append((name, f'{recall:.3f} recall@1, {cpu_ms:.2f} ms of CPU time'))
    rows.append(('speed-up', f'{found["speed_up"]:.2f} on this machine'))
    rows.append(('recall measured on', found['what']))
    print_table('Query network in 8 bits', rows)
    if not found['recommended']:
        print_note(
            f'The speed-up is below {LEAST_SPEED_UP} on this machine: prefer the float network.'
        )
    print_note(f'{target}: query network, with {target.with_suffix(".json").name}')
