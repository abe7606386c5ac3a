# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Precision of accepted matches on real traversals, layer by layer.

Works on what ``benchmarks/traversals.py`` leaves behind: each set's map, its query network and
the bag of its query walk. The walk goes through the very matcher that the node runs, offline,
once for each method.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from avpr_ros.demo.bag_writer import ODOMETRY_TOPIC
from avpr_ros.errors import ImageDecodeError
from avpr_ros.evaluation.drive_score import DriveScorer
from avpr_ros.evaluation.offline import localize_drive
from avpr_ros.evaluation.truth import open_drive
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.matching.matcher import Matcher
from avpr_ros.matching.settings import MatchSettings
from avpr_ros.matching.space_check import check_space
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.sources.options import SourceOptions
from results import Row, print_table, write_results
from traversals import QUERY_BAG, SETS, WORK, Traversal

MAP, QUERY = 'map', 'query.onnx'
NOTE = (
    'No metric poses in these sets: one metre a frame is assumed. Recall at a precision sweeps '
    "the method's own score: the similarity, or the log odds of the sequence filter, whose "
    'constants were tuned on these very sets. wrong_accepted is at the thresholds as shipped.'
)


@dataclass(frozen=True)
class Layers:
    """One method: which layers decide."""

    name: str
    settings: MatchSettings


METHODS = (
    Layers('appearance', MatchSettings(sequence='single')),
    Layers('agreement', MatchSettings(sequence='agree')),
    Layers('sequence', MatchSettings(sequence='filter')),
)


def score(traversal: Traversal, folder: Path, method: Layers) -> Row:
    """Match a set's query walk once; compare with the truth."""
    gallery = GalleryMap.open(folder / MAP)
    network = OnnxQueryNetwork.open(folder / QUERY)
    check_space(network.manifest, gallery.manifest)
    matcher = Matcher(gallery, network.manifest.calibration, method.settings)
    options = SourceOptions(pose_topic=ODOMETRY_TOPIC)
    drive = open_drive(folder / QUERY_BAG, options, gallery.manifest.map_frame)
    scorer = DriveScorer(drive.truth, gallery.keyframes, traversal.tolerance_frames + 0.25)
    for result in localize_drive(drive.source, network, matcher):
        if isinstance(result, ImageDecodeError):
            raise result
        scorer.add(result)
    figures = scorer.score()
    return {
        'set': traversal.name,
        'method': method.name,
        'queries': figures.queries,
        'accepted_share': len(figures.errors_m) / figures.queries,
        'wrong_accepted': figures.wrong_accepted,
        'recall_at_100_precision': figures.recall_at_100_precision,
        'recall_at_99_precision': figures.recall_at_99_precision,
    }


def main() -> None:
    """Score every set that is there, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='the quick run of traversals.py')
    parser.add_argument('--set', choices=[one.name for one in SETS], help='one set, not written')
    options = parser.parse_args()
    chosen = [one for one in SETS if options.set in (None, one.name)]
    rows: list[Row] = []
    for traversal in chosen[:1] if options.quick else chosen:
        folder = WORK / (f'{traversal.name}_quick' if options.quick else traversal.name)
        if not (folder / QUERY).is_file():
            raise SystemExit(f'{folder / QUERY} is not there; run benchmarks/traversals.py first')
        rows += [score(traversal, folder, method) for method in METHODS]
    print_table(rows, 'Precision of accepted matches')
    if options.set is None:
        write_results('precision', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
