# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr train``: train a light query network in a map's descriptor space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from avpr_ros.errors import ConfigError
from avpr_ros.training.augmentation.augment import Augmentation
from avpr_ros.training.places import PlaceSettings
from avpr_ros.training.settings import TrainSettings

if TYPE_CHECKING:
    from avpr_ros.gallery.calibration import Calibration
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.runtime.query_manifest import QueryManifest
    from avpr_ros.training.deliver import TrainResult

Maps = Annotated[
    list[Path],
    typer.Option(
        '--map',
        help='Folder of a map, with its thumbnails; several must share one descriptor space and '
        'show different places.',
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        '--output', '-o', help="The ONNX file; by default query.onnx in the map's parent folder."
    ),
]
Steps = Annotated[
    int | None, typer.Option(help='Optimiser steps; by default set by the number of keyframes.')
]
Seed = Annotated[int, typer.Option(help='Random seed; the same seed gives the same network.')]
Method = Annotated[
    str, typer.Option(help='Training loss: asymvpr, regression, csd, d3still and others.')
]
Network = Annotated[
    str | None,
    typer.Option(
        '--query-network',
        help="fast, balanced or accurate, with the head of the map's network; balanced-322 and "
        'accurate-322 have the input size of the paper. Default: the embedded network.',
    ),
]
Weights = Annotated[
    Path | None,
    typer.Option('--backbone-weights', help="timm weights file of the query network's backbone."),
]
Head = Annotated[
    bool,
    typer.Option(
        '--gallery-head',
        help="Initialise the head from that of the map's published network, where shapes agree.",
    ),
]
Augment = Annotated[
    list[str] | None,
    typer.Option(
        help='NAME=NUMBER sets one range of the augmentation, 0 switches it off: zoom, shift, '
        'exposure_stops, occluder, night, winter and others; can be repeated.'
    ),
]
CellM = Annotated[
    float | None,
    typer.Option(
        help='Side of a place in metres; by default twice the distance between keyframes.'
    ),
]
Batch = Annotated[int, typer.Option('--batch-size', help='Images per batch.')]
Accumulate = Annotated[int, typer.Option(help='Batches per optimiser step.')]
HoldOut = Annotated[
    float, typer.Option(help='Share of the places that is held out to measure the loss.')
]
Patience = Annotated[
    int | None,
    typer.Option(
        help='Stop after this many checkpoints without a lower held-out loss; keep the best.'
    ),
]
Resume = Annotated[
    bool, typer.Option('--resume', help='Resume from the checkpoint of the output, if any.')
]
Symmetric = Annotated[
    bool,
    typer.Option('--symmetric', help="Export the map's gallery network without training."),
]


def train(
    map_paths: Maps,
    output: Output = None,
    steps: Steps = None,
    seed: Seed = 0,
    method: Method = TrainSettings.method,
    query_network: Network = None,
    backbone_weights: Weights = None,
    gallery_head: Head = False,
    augment: Augment = None,
    cell_m: CellM = None,
    batch_size: Batch = TrainSettings.batch_size,
    accumulate: Accumulate = TrainSettings.accumulate,
    hold_out: HoldOut = TrainSettings.hold_out_share,
    patience: Patience = TrainSettings.patience,
    resume: Resume = False,
    symmetric: Symmetric = False,
) -> None:
    """Train a light query network for a map and export it as ONNX."""
    from avpr_ros.cli.console import print_note
    from avpr_ros.gallery.gallery_map import GalleryMap

    target = map_paths[0].resolve().parent / 'query.onnx' if output is None else output
    maps = [GalleryMap.open(path) for path in map_paths]
    settings = TrainSettings(
        steps=steps,
        seed=seed,
        method=method,
        query_network=query_network,
        backbone_weights=None if backbone_weights is None else str(backbone_weights),
        gallery_head=gallery_head,
        augmentation=Augmentation.changed(augment or ()),
        places=PlaceSettings(cell_m=cell_m),
        batch_size=batch_size,
        accumulate=accumulate,
        hold_out_share=hold_out,
        patience=patience,
        resume=resume,
    )
    result = _run(maps, target, settings, symmetric)
    # As in the matcher: where local features decide, descriptors are compared as they are.
    _print_result(result.manifest, standardize=all(one.landmarks() is None for one in maps))
    print_note(f'{target}: query network, with {target.with_suffix(".json").name}')


def _run(
    maps: list[GalleryMap], output: Path, settings: TrainSettings, symmetric: bool
) -> TrainResult:
    from avpr_ros.cli.console import progress_bars
    from avpr_ros.training.query_training import train_query_network
    from avpr_ros.training.symmetric import export_gallery_network

    if symmetric and len(maps) > 1:
        raise ConfigError(
            f'--symmetric exports the network of one map, {len(maps)} are given; give one --map'
        )
    with progress_bars() as report:
        if symmetric:
            return export_gallery_network(maps[0], output, settings.seed, report)
        return train_query_network(maps, output, settings, report)


def _print_result(manifest: QueryManifest, standardize: bool) -> None:
    from avpr_ros.cli.console import print_table

    held_out: dict[str, Any] = manifest.training.get('held_out', {})
    rows = [('network', f'{manifest.network}, {manifest.input_px} px, {manifest.dim} dimensions')]
    for when in ('before', 'after'):
        if when in held_out:
            found = held_out[when]
            text = f'{found["recall_at_1"]:.3f} / {found["recall_at_5"]:.3f}'
            rows.append((f'recall@1 / @5 {when}', text))
    if held_out:
        rows.append(('recall measured on', held_out['what']))
    rows.append(('largest difference ONNX - torch', f'{manifest.max_abs_difference:.1e}'))
    if manifest.calibration is not None:
        rows += _calibration(manifest.calibration.in_use(standardize))
    else:
        rows.append(('acceptance threshold', 'that of each map'))
    print_table('Query network', rows)


def _calibration(calibration: Calibration) -> list[tuple[str, str]]:
    """Return the acceptance threshold and its statistics."""
    accepts = 'probability 0.5'
    if calibration.score is None:
        accepts = f'similarity {calibration.min_similarity:.3f}'
    power = calibration.power
    if power is None:
        share = f'{calibration.statistics["revisits_accepted_share"]:.1%}'
        return [('acceptance threshold', accepts), ('held-out views accepted', share)]
    if not power.enough:
        accepts = 'none: scores are uninformative, use landmarks or the temporal filter'
    return [('acceptance threshold', accepts), ('score statistics', str(power))]
