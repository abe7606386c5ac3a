# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr evaluate``: recall, precision and cost, of a drive on a map or of stored features."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli import options as shared
from avpr_ros.cli.options import check_result
from avpr_ros.errors import ConfigError

if TYPE_CHECKING:
    from avpr_ros.evaluation.metrics.ground_truth import GroundTruth
    from avpr_ros.evaluation.retrieval.evaluation import Evaluation
    from avpr_ros.sources.options import SourceOptions

Source = Annotated[
    Path | None,
    typer.Argument(help='Queries: a bag, an image folder, or a folder of a dataset.'),
]
Map = Annotated[Path | None, typer.Option('--map', help='Folder of the map.')]
Output = Annotated[
    Path, typer.Option('--output', '-o', help='Folder for evaluation.json, .md and .html.')
]
Radius = Annotated[
    float, typer.Option(help='Largest distance in metres between a query and a correct image.')
]
MaxAngle = Annotated[
    float | None,
    typer.Option(
        help='Largest difference of heading in degrees between a query and a correct image '
        '(MSLS: 40).'
    ),
]
Frames = Annotated[
    int | None,
    typer.Option(
        help='Instead of the distance: largest difference of frame numbers of a correct image.'
    ),
]
Symmetric = Annotated[
    bool,
    typer.Option(
        '--symmetric',
        help='Also evaluate each network on both sides; needs thumbnails and torch.',
    ),
]
Standardize = Annotated[
    bool,
    typer.Option(
        '--standardize-descriptors/--no-standardize-descriptors',
        help='Compare descriptors about the means of map and drive, as the localizer does where '
        'the query network is calibrated for it, and as they are beside it.',
    ),
]
Acceptance = Annotated[
    bool,
    typer.Option(
        '--acceptance/--no-acceptance',
        help='Also match the drive as the localizer does, with all checks; takes longer.',
    ),
]
Features = Annotated[
    Path | None,
    typer.Option(
        help='Instead of a drive and a map: folder of queries_descriptors.npy and '
        'database_descriptors.npy.'
    ),
]
Database = Annotated[
    Path | None, typer.Option(help='Dataset folder with the positions of the stored gallery.')
]
Queries = Annotated[
    Path | None, typer.Option(help='Dataset folder with the positions of the stored queries.')
]
Save = Annotated[
    bool, typer.Option('--save-features', help='Also store the descriptors, for --features.')
]
Threads = Annotated[int, typer.Option(help='Threads of the networks.')]


def evaluate(
    source: Source = None,
    map_folder: Map = None,
    query: shared.QueryNetwork = None,
    output: Output = Path('evaluation'),
    features: Features = None,
    queries: Queries = None,
    database: Database = None,
    radius_m: Radius = 25.0,
    max_angle_deg: MaxAngle = None,
    tolerance_frames: Frames = None,
    symmetric: Symmetric = False,
    standardize_descriptors: Standardize = True,
    acceptance: Acceptance = True,
    save_features: Save = False,
    image_topic: shared.ImageTopics = None,
    pose_topic: shared.PoseTopic = None,
    tum: shared.Tum = None,
    poses: shared.Poses = None,
    map_frame: shared.MapFrame = None,
    max_gap_s: shared.MaxGap = 0.5,
    threads: Threads = 1,
) -> None:
    """Measure recall@N, precision-recall and cost of a query drive against a map."""
    from avpr_ros.evaluation.metrics.ground_truth import GroundTruth

    angle_rad = None if max_angle_deg is None else math.radians(max_angle_deg)
    truth = GroundTruth(radius_m, angle_rad, tolerance_frames)
    if features is not None:
        if source or map_folder or query or symmetric:
            raise ConfigError(
                '--features replaces the drive, --map, --query and --symmetric; remove these'
            )
        with _folder(output):
            evaluation = _of_features(features, truth, queries, database)
    else:
        from avpr_ros.sources.options import SourceOptions

        if source is None or map_folder is None:
            raise ConfigError('give a query drive with --map, or give --features')
        if queries or database:
            raise ConfigError('--queries and --database need --features')
        topics = tuple(image_topic or ())
        options = SourceOptions(topics, pose_topic, tum, poses, max_gap_s, map_frame)
        with _folder(output):
            evaluation = _of_map(
                source,
                map_folder,
                query,
                options,
                truth,
                symmetric,
                standardize_descriptors,
                acceptance,
                threads,
            )
    _report(evaluation, output, save_features)


@contextmanager
def _folder(output: Path) -> Iterator[None]:
    """Create the output folder before work starts; an error leaves no empty one behind."""
    check_result(output)
    new = not output.exists()
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(output, error) from error
    try:
        yield
    except BaseException:
        if new and not any(output.iterdir()):
            output.rmdir()
        raise


def _unwritable(output: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f'{output} cannot be written ({error.strerror or error}); free disk space or choose '
        'another --output'
    )


def _of_features(
    features: Path, truth: GroundTruth, queries: Path | None, database: Path | None
) -> Evaluation:
    from avpr_ros.evaluation.retrieval.evaluation import evaluate_features
    from avpr_ros.sources.datasets.open import open_dataset

    return evaluate_features(
        features,
        truth,
        None if queries is None else open_dataset(queries, 'queries', 'test'),
        None if database is None else open_dataset(database, 'database', 'test'),
    )


def _of_map(
    source: Path,
    map_folder: Path,
    query: Path | None,
    options: SourceOptions,
    truth: GroundTruth,
    symmetric: bool,
    standardize: bool,
    acceptance: bool,
    threads: int,
) -> Evaluation:
    from avpr_ros.api.evaluation import evaluate as evaluate_drive
    from avpr_ros.cli.console import progress_bars

    with progress_bars() as report:
        return evaluate_drive(
            source,
            map_folder,
            query,
            radius_m=truth.radius_m,
            max_angle_rad=truth.max_angle_rad,
            tolerance_frames=truth.tolerance_frames,
            symmetric=symmetric,
            standardize=standardize,
            acceptance=acceptance,
            options=options,
            threads=threads,
            progress=report,
        )


def _report(evaluation: Evaluation, output: Path, save_features: bool) -> None:
    import shlex
    import sys

    from avpr_ros.cli.console import print_columns, print_note, print_table
    from avpr_ros.evaluation.reports.evaluation_files import PAGE, write_evaluation
    from avpr_ros.evaluation.reports.evaluation_tables import figures_by_pair
    from avpr_ros.evaluation.retrieval.descriptor_set import save_features as save
    from avpr_ros.evaluation.retrieval.evaluation import STANDARDIZED

    try:
        write_evaluation(output, evaluation, shlex.join(['avpr', *sys.argv[1:]]))
        if save_features:
            raw = (pair for pair in evaluation.pairs if pair.method != STANDARDIZED)
            save(output, next(raw).described)
    except OSError as error:
        raise _unwritable(output, error) from error
    print_table(f'{evaluation.name}, correct {evaluation.truth}', _facts(evaluation))
    print_columns('recall and precision', figures_by_pair(evaluation))
    print_note(f'see {output / PAGE}')


def _facts(evaluation: Evaluation) -> list[tuple[str, str]]:
    from avpr_ros.evaluation.reports.evaluation_tables import storage

    lines = list(evaluation.facts)
    for cost in evaluation.costs:
        time = '' if cost.latency_p50_ms is None else f', {cost.latency_p50_ms:.1f} ms p50'
        size = f'{cost.gmac:.3f} GMAC, {cost.parameters_m:.2f} M weights'
        lines.append((f'{cost.side} network', f'{cost.network}: {size}{time} ({cost.ran_on})'))
    if evaluation.acceptance is not None:
        lines.append(('accepted by all checks', str(evaluation.acceptance)))
    return [*lines, ('storage', storage(evaluation))]
