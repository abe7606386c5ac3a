# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr localize``: a recorded drive matched against a map, with no ROS."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli import options as shared
from avpr_ros.matching.settings import MatchSettings

if TYPE_CHECKING:
    from avpr_ros.evaluation.drive_score import DriveScorer
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.matching.matcher import Matcher
    from avpr_ros.runtime.query_network import QueryNetwork
    from avpr_ros.sources.frame import FrameSource

Source = Annotated[Path, typer.Argument(help='Bag or image folder.')]
Map = Annotated[Path, typer.Option('--map', help='Folder of the map.')]
Query = Annotated[Path, typer.Option(help='Query network, an ONNX file with its manifest.')]
Output = Annotated[
    Path, typer.Option('--output', '-o', help='Folder for matches.csv and trajectory.tum.')
]
Radius = Annotated[float, typer.Option(help='A match this near to the true pose is right.')]
MinProbability = Annotated[
    float, typer.Option(help='Least probability of a match, by the calibration.')
]
MinSimilarity = Annotated[
    float | None, typer.Option(help='Threshold on the similarity instead of the probability.')
]
MinRatio = Annotated[float, typer.Option(help='Best similarity over the best other place.')]
Sequence = Annotated[
    str,
    typer.Option(
        help='single: image by image; agree: two of the last three images must lead near the same '
        'place; filter: the keyframe that the images lead to.'
    ),
]
Threads = Annotated[int, typer.Option(help='Threads of the query network.')]


def localize(
    source: Source,
    map_folder: Map,
    query: Query,
    output: Output,
    image_topic: shared.ImageTopics = None,
    pose_topic: shared.PoseTopic = None,
    tum: shared.Tum = None,
    poses: shared.Poses = None,
    map_frame: shared.MapFrame = None,
    max_gap_s: shared.MaxGap = 0.5,
    radius_m: Radius = 5.0,
    min_probability: MinProbability = MatchSettings.min_probability,
    min_similarity: MinSimilarity = None,
    min_ratio: MinRatio = MatchSettings.min_ratio,
    sequence: Sequence = MatchSettings.sequence,
    threads: Threads = 1,
) -> None:
    """Match a recorded drive against a map; where it has poses, score the matches by them."""
    from avpr_ros.cli.console import print_note, print_table
    from avpr_ros.evaluation.drive_score import DriveScorer
    from avpr_ros.evaluation.truth import open_drive
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.sources.options import SourceOptions

    gallery = GalleryMap.open(map_folder)
    settings = MatchSettings(
        min_probability=min_probability,
        min_similarity=min_similarity,
        min_ratio=min_ratio,
        sequence=sequence,
    )
    network, matcher = _open_pair(gallery, query, settings, threads)
    topics, origin = tuple(image_topic or ()), gallery.manifest.geodetic_origin
    options = SourceOptions(
        topics, pose_topic, tum, poses, max_gap_s, map_frame, geodetic_origin=origin
    )
    drive = open_drive(source, options, gallery.manifest.map_frame)
    scorer = DriveScorer(drive.truth, gallery.keyframes, radius_m)
    verdicts = _match(drive.source, network, matcher, output, scorer)
    rows = [('images', f'{sum(verdicts.values())}'), *_counts(verdicts)]
    if drive.no_truth is not None:
        rows.append(('no score', drive.no_truth))
    else:
        rows += [('scored against', drive.source.pose_source), *_scores(scorer, radius_m)]
    print_table(f'{source} against {map_folder}', rows)
    print_note(f'see {output}')


def _open_pair(
    gallery: GalleryMap, query: Path, settings: MatchSettings, threads: int
) -> tuple[QueryNetwork, Matcher]:
    from avpr_ros.matching.matcher import Matcher
    from avpr_ros.matching.space_check import check_space
    from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork

    network = OnnxQueryNetwork.open(query, threads)
    check_space(network.manifest, gallery.manifest)
    return network, Matcher(gallery, network.manifest.calibration, settings)


def _match(
    source: FrameSource,
    network: QueryNetwork,
    matcher: Matcher,
    output: Path,
    scorer: DriveScorer,
) -> Counter[str]:
    """Match every image, write the files, and count what became of the images."""
    from avpr_ros.cli.console import progress_bars
    from avpr_ros.errors import ImageDecodeError
    from avpr_ros.evaluation.match_files import match_files
    from avpr_ros.evaluation.offline import localize_drive

    verdicts: Counter[str] = Counter()
    with match_files(output) as files, progress_bars() as report:
        for done, result in enumerate(localize_drive(source, network, matcher), start=1):
            if isinstance(result, ImageDecodeError):
                verdicts['undecodable'] += 1
            else:
                verdicts[result.reason.value] += 1
                files.write(result)
                scorer.add(result)
            report('matching', done, None)
    return verdicts


def _counts(verdicts: Counter[str]) -> list[tuple[str, str]]:
    total = sum(verdicts.values())
    return [(name, f'{count} ({count / total:.1%})') for name, count in verdicts.most_common()]


def _scores(scorer: DriveScorer, radius_m: float) -> list[tuple[str, str]]:
    import numpy as np

    score = scorer.score()
    rows = [
        (
            'with true pose',
            f'{score.queries}, of these {score.covered} within {radius_m:g} m of a keyframe',
        )
    ]
    rows += [(f'recall@{n}', f'{value:.3f}') for n, value in score.recall.items()]
    rows.append(('recall at 100 % precision', f'{score.recall_at_100_precision:.3f}'))
    rows.append(('accepted over radius', f'{score.wrong_accepted} of {len(score.errors_m)}'))
    if score.errors_m.size:
        median_deg, p95_deg = np.degrees(np.percentile(score.errors_rad, [50, 95]))
        median_m, p95_m = np.percentile(score.errors_m, [50, 95])
        rows.append(('position error', f'median {median_m:.2f} m, 95 % {p95_m:.2f} m'))
        rows.append(('rotation error', f'median {median_deg:.1f} deg, 95 % {p95_deg:.1f} deg'))
    return rows
