# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr localize``: a recorded drive matched against a map, with no ROS."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avpr_ros.cli import options as shared
from avpr_ros.cli.options import check_result, with_match_options
from avpr_ros.localization.settings import MatchSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from avpr_ros.evaluation.runs.drive_score import DriveScorer
    from avpr_ros.localization.recognizer import Recognizer
    from avpr_ros.poses import Pose
    from avpr_ros.sources.frame import FrameSource
    from avpr_ros.sources.options import SourceOptions

#: What becomes of an image, but for the reasons of rejections.
_NO_REASONS = ('accepted', 'undecodable')

#: Stands for the options of the match settings.
_DEFAULTS = MatchSettings()

Source = Annotated[Path, typer.Argument(help='Bag or image folder.')]
Map = Annotated[Path, typer.Option('--map', help='Folder of the map.')]
Output = Annotated[
    Path,
    typer.Option('--output', '-o', help='Folder for matches.csv, poses.csv and trajectory.tum.'),
]
Radius = Annotated[float, typer.Option(help='A match this near to the true pose is right.')]
OdomTopic = Annotated[
    str | None,
    typer.Option(
        '--odom-topic',
        help='Odometry of the bag, which matches along the way must be consistent with, as in '
        'the node.',
    ),
]
Threads = Annotated[int, typer.Option(help='Threads of the query network.')]


@with_match_options
def localize(
    source: Source,
    map_folder: Map,
    output: Output,
    query: shared.QueryNetwork = None,
    image_topic: shared.ImageTopics = None,
    odom_topic: OdomTopic = None,
    pose_topic: shared.PoseTopic = None,
    tum: shared.Tum = None,
    poses: shared.Poses = None,
    map_frame: shared.MapFrame = None,
    max_gap_s: shared.MaxGap = 0.5,
    radius_m: Radius = 5.0,
    settings: MatchSettings = _DEFAULTS,
    threads: Threads = 1,
    trusted_map_keys: shared.TrustedKeys = None,
) -> None:
    """Match a recorded drive against a map; where it has poses, score the matches by them.

    Every image goes through the code that the node runs, with the same checks and pose.
    """
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.localization.recognizer import Recognizer
    from avpr_ros.sources.options import SourceOptions
    from avpr_ros.storage.signature import TrustedKeys

    check_result(output, source, tum, poses)
    trusted = None if trusted_map_keys is None else TrustedKeys.load(trusted_map_keys)
    gallery = GalleryMap.open(map_folder, trusted=trusted)
    recognizer = Recognizer.of_map(gallery, query, settings, threads)
    options = SourceOptions(
        tuple(image_topic or ()),
        pose_topic,
        tum,
        poses,
        max_gap_s,
        map_frame,
        geodetic_origin=gallery.manifest.geodetic_origin,
        least_side_px=recognizer.least_side_px,
        map_cameras=gallery.manifest.cameras,
    )
    _localize(source, options, odom_topic, recognizer, output, radius_m)


def _localize(
    source: Path,
    options: SourceOptions,
    odom_topic: str | None,
    recognizer: Recognizer,
    output: Path,
    radius_m: float,
) -> None:
    from avpr_ros.cli.console import print_note, print_table
    from avpr_ros.cli.drives import print_checks
    from avpr_ros.evaluation.runs.drive_score import DriveScorer
    from avpr_ros.evaluation.runs.ground_truth_poses import open_drive
    from avpr_ros.localization.offline import read_odometry

    gallery = recognizer.gallery
    drive = open_drive(source, options, gallery.manifest)
    if findings := [check for check in drive.checks if check.level != 'ok']:
        print_checks(f'pre-flight: {drive.source.name}', findings)
    odometry = {} if odom_topic is None else read_odometry(source, odom_topic, options)
    scorer = DriveScorer(drive.truth, gallery.keyframes, radius_m)
    verdicts, metric, problem = _match(drive.source, recognizer, odometry, output, scorer)
    total = sum(verdicts.values())
    rows = [('images', f'{total}')]
    if odom_topic is not None:
        rows.append(('odometry read', f'of {len(odometry)} images, from {odom_topic}'))
    for name, n in verdicts.most_common():
        rows.append(
            (name if name in _NO_REASONS else f'rejected: {name}', f'{n} ({n / total:.1%})')
        )
    if problem:
        rows.append(('first undecodable', problem))
    if weakness := recognizer.matcher.calibration_warning:
        rows.append(('why', weakness))
    rows.append(('poses by landmarks', f'{metric} of {verdicts["accepted"]} accepted'))
    if drive.no_truth is not None:
        rows.append(('no score', drive.no_truth))
    else:
        rows += [('scored against', drive.source.pose_source), *_scores(scorer, radius_m)]
    print_table(f'{source} against {gallery.path}', rows)
    print_note(f'see {output}')


def _match(
    source: FrameSource,
    recognizer: Recognizer,
    odometry: Mapping[int, Pose],
    output: Path,
    scorer: DriveScorer,
) -> tuple[Counter[str], int, str]:
    """Match every image and write the files.

    Returns:
        What became of the images, how many of the poses were measured by landmarks, and why the
        first undecodable image could not be decoded; empty without.
    """
    from avpr_ros.cli.console import progress_bars
    from avpr_ros.errors import ImageDecodeError
    from avpr_ros.evaluation.runs.match_files import match_files
    from avpr_ros.localization.offline import localize_drive

    verdicts: Counter[str] = Counter()
    metric, problem = 0, ''
    with match_files(output) as files, progress_bars() as report:
        for done, result in enumerate(localize_drive(source, recognizer, odometry), start=1):
            if isinstance(result, ImageDecodeError):
                verdicts['undecodable'] += 1
                problem = problem or str(result)
            else:
                verdicts[result.reason.value] += 1
                metric += result.estimate is not None and result.estimate.metric
                files.write(result)
                scorer.add(result)
            report('matching', done, None)
    return verdicts, metric, problem


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
