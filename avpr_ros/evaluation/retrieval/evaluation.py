# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One evaluation: pairs of networks on one query set, under one rule of what is right."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from avpr_ros.arrays import RgbImage
from avpr_ros.evaluation.metrics.ground_truth import GroundTruth
from avpr_ros.evaluation.metrics.network_cost import NetworkCost
from avpr_ros.evaluation.retrieval.acceptance import Acceptance
from avpr_ros.evaluation.retrieval.descriptor_set import DescriptorSet, load_features
from avpr_ros.evaluation.retrieval.ranking import Ranking, RetrievalScore, rank, score_ranking
from avpr_ros.sources.datasets.labelled_images import LabelledImages

ASYMMETRIC, TEACHER, STUDENT = 'asymmetric', 'teacher-teacher', 'student-student'
STANDARDIZED = 'asymmetric, standardized'
FEATURES = 'stored features'

MEANING = {
    STANDARDIZED: 'the asymmetric pair as the localizer compares it where scores alone decide: '
    'descriptors about the mean of the map and the running mean of the drive',
    ASYMMETRIC: 'query network on the queries, gallery network on the map',
    TEACHER: 'gallery network on both sides',
    STUDENT: 'query network on both sides, the gallery side from the thumbnails of the map',
    FEATURES: 'descriptors as they were stored',
}


@dataclass(frozen=True, eq=False)
class Pair:
    """Query and gallery network of one evaluation, with their figures.

    Attributes:
        method: ``asymmetric, standardized``, ``asymmetric``, ``teacher-teacher``,
            ``student-student`` or ``stored features``.
        described: the descriptors of both sides.
        ranking: of every query.
        score: its figures.
    """

    method: str
    described: DescriptorSet
    ranking: Ranking
    score: RetrievalScore


@dataclass(frozen=True, eq=False)
class Example:
    """A wrong match with a high similarity.

    Attributes:
        similarity: of the best match.
        text: query and matched keyframe, with their distance.
        images: query and match; None where the image is not available.
    """

    similarity: float
    text: str
    images: tuple[RgbImage | None, RgbImage | None]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Content of an evaluation report.

    Attributes:
        name: of the query set.
        truth: criterion of a correct image.
        pairs: at least one; the first is the one that plots of single queries show.
        costs: of the networks; empty for stored descriptors.
        facts: (what, value) lines about both sides.
        descriptor_bytes: size of a keyframe's stored descriptor.
        map_bytes: a robot's copy of the map, divided by its keyframes; None without a map.
        examples: wrong matches of the first pair with the highest similarity.
        acceptance: what the localizer accepts; None without a map or true poses.
    """

    name: str
    truth: GroundTruth
    pairs: tuple[Pair, ...]
    costs: tuple[NetworkCost, ...] = ()
    facts: list[tuple[str, str]] = field(default_factory=list)
    descriptor_bytes: int = 0
    map_bytes: float | None = None
    examples: tuple[Example, ...] = ()
    acceptance: Acceptance | None = None


def evaluate_pair(method: str, described: DescriptorSet, truth: GroundTruth) -> Pair:
    """Search every query in the gallery and score the ranking.

    Raises:
        ConfigError: descriptors that cannot be searched, or a rule that does not apply.
    """
    positives = truth.positives(described.query_views, described.gallery_views)
    ranking = rank(described.queries, described.gallery)
    return Pair(method, described, ranking, score_ranking(ranking, positives))


def evaluate_features(
    folder: Path,
    truth: GroundTruth,
    queries: LabelledImages | None = None,
    database: LabelledImages | None = None,
) -> Evaluation:
    """Evaluate stored descriptors of any network.

    Args:
        folder: as ``load_features`` reads it.
        truth: criterion of a correct image.
        queries: the images of the queries, where the folder has no positions.
        database: the images of the gallery, likewise.

    Raises:
        ConfigError: a file is missing or does not fit, or the rule does not apply.
    """
    described = load_features(folder, queries, database, positions_wanted=truth.needs_positions)
    pair = evaluate_pair(FEATURES, described, truth)
    facts = [
        ('features', str(folder)),
        ('queries', f'{len(described.queries)}, {pair.score.covered} with a positive'),
        ('gallery', f'{len(described.gallery)} images, {described.gallery.shape[1]} dimensions'),
    ]
    size = described.gallery.shape[1] * described.gallery.dtype.itemsize
    return Evaluation(folder.resolve().name, truth, (pair,), (), facts, size)
