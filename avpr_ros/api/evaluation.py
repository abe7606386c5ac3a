# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Evaluate the retrieval of a query network on a map."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from avpr_ros.api.drives import AnyMap, PathLike, open_map
from avpr_ros.evaluation.metrics.ground_truth import GroundTruth
from avpr_ros.evaluation.runs.ground_truth_poses import open_drive
from avpr_ros.gallery.describer import Progress, no_progress
from avpr_ros.sources.options import SourceOptions

if TYPE_CHECKING:
    from avpr_ros.evaluation.retrieval.evaluation import Evaluation


def evaluate(
    drive: PathLike,
    gallery: AnyMap,
    query_network: PathLike | None = None,
    *,
    radius_m: float = GroundTruth.radius_m,
    max_angle_rad: float | None = None,
    tolerance_frames: int | None = None,
    symmetric: bool = False,
    standardize: bool = True,
    acceptance: bool = True,
    options: SourceOptions | None = None,
    threads: int = 1,
    progress: Progress = no_progress,
) -> Evaluation:
    """Measure recall@N, precision-recall and cost of a query drive, as ``avpr evaluate`` does.

    Args:
        drive: queries; a bag, an image folder or a folder of a dataset, with true poses.
        gallery: the map or its folder.
        query_network: ONNX file, with its manifest beside it; None: the one in the map.
        radius_m: a retrieved image within this distance of the query is right, metres,
        max_angle_rad: if its heading differs by at most this angle, radians; None: any.
        tolerance_frames: instead of both: frame numbers differ by at most this.
        symmetric: also evaluate each network on both sides; needs thumbnails and torch.
        standardize: compare standardised descriptors where the query network is calibrated for
            them, as the localizer does, and those as they are beside them.
        acceptance: also match the drive as the localizer does, with all checks; takes longer.
        options: how the drive is read; the origin is that of the map.
        threads: threads of the networks.
        progress: called with stage, done and total.

    Returns:
        The evaluation; ``pairs[0].score`` holds the recalls of query network against map.

    Raises:
        ConfigError: a value is out of its range.
        SourceError: the drive cannot be read, or has no true poses in the frame of the map.
        QueryNetworkError: the query network is missing or damaged.
        SpaceMismatchError: map and query network have different descriptor spaces.
        MapError: the map is missing or damaged.
    """
    from avpr_ros.evaluation.retrieval.evaluate_map import MapEvaluation

    truth = GroundTruth(radius_m, max_angle_rad, tolerance_frames)
    opened = open_map(gallery)
    wanted = replace(
        options or SourceOptions(),
        geodetic_origin=opened.manifest.geodetic_origin,
        poses_wanted=truth.needs_positions,
    )
    queries = open_drive(Path(drive), wanted, opened.manifest)
    evaluation = MapEvaluation(
        opened,
        None if query_network is None else Path(query_network),
        queries,
        truth,
        symmetric,
        threads,
        standardize=standardize,
        acceptance=acceptance,
    )
    return evaluation.run(progress)
