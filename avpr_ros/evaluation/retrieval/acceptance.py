# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the localizer accepts of a query drive, beside the figures of retrieval alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avpr_ros.errors import ImageDecodeError
from avpr_ros.evaluation.runs.drive_score import DriveScorer
from avpr_ros.evaluation.runs.ground_truth_poses import EvaluationDrive
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.offline import localize_drive
from avpr_ros.localization.recognizer import Recognizer


@dataclass(frozen=True)
class Acceptance:
    """Accepted poses of a drive by the checks and thresholds of the map, without odometry.

    Attributes:
        queries: images whose true pose is known.
        accepted: images with an accepted pose.
        wrong: accepted poses farther from the truth than ``radius_m``.
        radius_m: of the criterion of a correct image, metres.
        by_landmarks: accepted poses that were estimated from landmarks.
        error_p50_m: median position error of the accepted poses, metres; None without any.
        error_p95_m: 95th percentile of it.
    """

    queries: int
    accepted: int
    wrong: int
    radius_m: float
    by_landmarks: int
    error_p50_m: float | None
    error_p95_m: float | None

    @property
    def share(self) -> float:
        """Accepted images divided by all."""
        return self.accepted / max(self.queries, 1)

    def __str__(self) -> str:
        """Return accepted and wrong poses in one line."""
        share = f'{self.accepted} of {self.queries} ({self.share:.1%})'
        return f'{share}, {self.wrong} over {self.radius_m:g} m wrong'


def measure_acceptance(
    gallery: GalleryMap,
    query: Path | None,
    drive: EvaluationDrive,
    radius_m: float,
    threads: int,
    progress: Progress,
) -> Acceptance:
    """Match a drive as ``avpr localize`` does, in the order of its stamps.

    Args:
        gallery: the map.
        query: ONNX file of the query network; None: the one in the map.
        drive: with its true poses.
        radius_m: an accepted pose farther off is wrong, metres.
        threads: of the network.
        progress: called with stage, done and total.

    Raises:
        QueryNetworkError: the query network is missing or damaged.
        SpaceMismatchError: map and query network have different spaces.
    """
    recognizer = Recognizer.of_map(gallery, query, threads=threads)
    scorer = DriveScorer(drive.truth, gallery.keyframes, radius_m)
    by_landmarks = 0
    for done, result in enumerate(localize_drive(drive.source, recognizer), start=1):
        progress('matching with all checks', done, max(done, len(drive.truth)))
        if isinstance(result, ImageDecodeError):
            continue
        scorer.add(result)
        known = result.stamp_ns in drive.truth
        by_landmarks += known and result.estimate is not None and result.estimate.metric
    score = scorer.score()
    p50_m, p95_m = None, None
    if score.errors_m.size:
        p50_m, p95_m = map(float, np.percentile(score.errors_m, [50, 95]))
    counts = (score.queries, len(score.errors_m), score.wrong_accepted)
    return Acceptance(*counts, radius_m, by_landmarks, p50_m, p95_m)
