# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr build``: build a gallery map from bags or image folders."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli import options as shared
from avpr_ros.cli.fleet import options as fleet
from avpr_ros.errors import ConfigError
from avpr_ros.threads import limit_product_threads

if TYPE_CHECKING:
    from avpr_ros.mapping.stages.fleet_plan import FleetSettings
    from avpr_ros.sources.frame import FrameSource

Sources = Annotated[
    list[Path], typer.Argument(help='Bags or image folders, all with poses in one map frame.')
]
Output = Annotated[
    Path | None, typer.Option('--output', '-o', help='Folder of the map; not with --dry-run.')
]
Distance = Annotated[
    float, typer.Option(help='Distance in metres after which a keyframe is taken.')
]
Rotation = Annotated[
    float, typer.Option(help='Rotation in degrees after which a keyframe is taken.')
]
Network = Annotated[
    str,
    typer.Option(help='Gallery network: embedded (-day, -light, -fixed) or one of `avpr models`.'),
]
Dim = Annotated[
    int,
    typer.Option(
        help='Most dimensions of the descriptor; 0: as many as the published network has.'
    ),
]
SpaceOf = Annotated[
    Path | None,
    typer.Option(
        help='Map of the same network whose vocabulary and projection are used, and query network.'
    ),
]
Views = Annotated[
    int,
    typer.Option(
        min=0,
        help='Number of augmented views described per keyframe: training uses their variance.',
    ),
]
WithLandmarks = Annotated[
    bool,
    typer.Option(
        help='Store local features of each keyframe for geometric verification and the metric '
        'pose; 60 kB per keyframe.'
    ),
]
LearnedFeatures = Annotated[
    bool,
    typer.Option(
        help='Store XFeat features beside RootSIFT, which recognise places in another light or '
        'season; 36 kB per keyframe.'
    ),
]
Memory = Annotated[
    float,
    typer.Option(
        help='Most memory of the index on the robot, in MB; large maps get an approximate index.'
    ),
]
DryRun = Annotated[
    bool, typer.Option('--dry-run', help='Print the pre-flight checks without building.')
]
Replace = Annotated[bool, typer.Option('--replace', help='Overwrite an existing map.')]
Append = Annotated[
    bool,
    typer.Option(
        '--append',
        help='Add the drives to the existing map; descriptor space, spacing and ids stay.',
    ),
]
Duplicates = Annotated[
    bool,
    typer.Option('--allow-duplicates', help='Take a drive that is in the map already once more.'),
]
Query = Annotated[
    Path | None,
    typer.Option(help='With --append: query network to calibrate for the extended map.'),
]


def build(
    sources: Sources,
    output: Output = None,
    image_topic: shared.ImageTopics = None,
    pose_topic: shared.PoseTopic = None,
    tum: shared.Tum = None,
    poses: shared.Poses = None,
    map_frame: shared.MapFrame = None,
    base_frame: shared.BaseFrame = None,
    max_gap_s: shared.MaxGap = 0.5,
    min_distance_m: Distance = 1.0,
    min_rotation_deg: Rotation = 15.0,
    gallery_network: Network = 'embedded',
    dim: Dim = 512,
    space_of: SpaceOf = None,
    views: Views = 0,
    landmarks: WithLandmarks = True,
    learned_features: LearnedFeatures = True,
    memory_mb: Memory = 256.0,
    dry_run: DryRun = False,
    replace: Replace = False,
    append: Append = False,
    query: Query = None,
    allow_duplicates: Duplicates = False,
    shards: fleet.Shards = None,
    shard: fleet.Shard = None,
    ray: fleet.Ray = None,
    workers: fleet.Workers = 0,
    gpus_per_worker: fleet.Gpus = 0.0,
    stall_s: fleet.StallS = 900.0,
    allow_missing: fleet.AllowMissing = False,
    log_json: fleet.LogJson = False,
) -> None:
    """Build a gallery map from one or more recorded drives."""
    limit_product_threads()
    from avpr_ros.api.drives import open_drives
    from avpr_ros.cli.append import append_drives
    from avpr_ros.cli.drives import print_topics, run_preflight
    from avpr_ros.cli.fleet.build import build_shards
    from avpr_ros.mapping.drive_checks import DriveRules
    from avpr_ros.mapping.stages.fleet_plan import FleetSettings
    from avpr_ros.sources.options import SourceOptions

    settings = FleetSettings(
        network=gallery_network,
        dim=dim,
        views=views,
        landmarks=landmarks,
        learned_features=learned_features,
        min_distance_m=min_distance_m,
        min_rotation_rad=math.radians(min_rotation_deg),
        memory_mb=memory_mb,
        allow_duplicates=allow_duplicates,
        space_of='' if space_of is None else str(space_of.absolute()),
    )
    given = (tuple(image_topic or ()), pose_topic, tum, poses, max_gap_s)
    options = SourceOptions(*given, map_frame=map_frame, base_frame=base_frame)
    divided = fleet.FleetOptions(
        shards, shard, ray, workers, gpus_per_worker, stall_s, allow_missing, log_json
    )
    if divided.wanted and not dry_run:
        fleet.check_new_map(append or query is not None)
        build_shards(sources, output, settings, options, divided, replace)
        return
    if dry_run:
        print_topics(sources)
    if append:
        if replace:
            raise ConfigError('--append and --replace exclude each other; use one of them')
        append_drives(sources, output, options, query, dry_run, allow_duplicates)
        return
    target = None if dry_run else _target(output, replace)
    drives = open_drives(sources, options)
    rules = DriveRules(
        settings.min_distance_m,
        settings.min_rotation_rad,
        frame_stated=map_frame is not None,
        allow_duplicates=allow_duplicates,
    )
    run_preflight(drives, rules)
    if target is not None:
        _build(drives, target, settings, replace)


def _target(output: Path | None, replace: bool) -> Path:
    """Return the folder of the map, checked before work starts."""
    from avpr_ros.mapping.map_builder import check_output

    if output is None:
        raise ConfigError('--output, the folder of the map, is missing')
    check_output(output, replace)
    return output


def _build(
    drives: list[FrameSource],
    output: Path,
    settings: FleetSettings,
    replace: bool,
) -> None:
    from avpr_ros.api.maps import build_map
    from avpr_ros.cli.console import progress_bars
    from avpr_ros.cli.drives import print_new_map

    with progress_bars() as report:
        gallery = build_map(
            drives,
            output,
            network=settings.network,
            dim=settings.dim,
            space_of=settings.space_of or None,
            views=settings.views,
            landmarks=settings.landmarks,
            learned_features=settings.learned_features,
            min_distance_m=settings.min_distance_m,
            min_rotation_rad=settings.min_rotation_rad,
            memory_mb=settings.memory_mb,
            replace_existing=replace,
            progress=report,
        )
    print_new_map(gallery, settings.landmarks and settings.learned_features)
