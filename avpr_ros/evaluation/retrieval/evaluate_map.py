# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A query drive against a map: the asymmetric pair, and the symmetric ones beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import SourceError
from avpr_ros.evaluation.metrics.ground_truth import GroundTruth, ViewPoses
from avpr_ros.evaluation.metrics.network_cost import NetworkCost, onnx_cost, torch_cost
from avpr_ros.evaluation.retrieval.acceptance import Acceptance, measure_acceptance
from avpr_ros.evaluation.retrieval.descriptor_set import DescriptorSet
from avpr_ros.evaluation.retrieval.drive_descriptors import (
    Describe,
    DescribedDrive,
    describe_drive,
)
from avpr_ros.evaluation.retrieval.evaluation import (
    ASYMMETRIC,
    STANDARDIZED,
    STUDENT,
    TEACHER,
    Evaluation,
    Pair,
    evaluate_pair,
)
from avpr_ros.evaluation.retrieval.false_positives import wrong_matches
from avpr_ros.evaluation.runs.ground_truth_poses import EvaluationDrive
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.gallery_map import GALLERY_NETWORK, REQUIRED, GalleryMap
from avpr_ros.gallery.index.standardization import standardized
from avpr_ros.localization.query import Query
from avpr_ros.localization.recognizer import map_calibration
from avpr_ros.localization.space_check import check_space
from avpr_ros.localization.standardization import DescriptorStandardizer
from avpr_ros.runtime.map_network import in_space_of, open_query_network

_QUERY, _GALLERY = 'query', 'gallery'


@dataclass(frozen=True)
class MapEvaluation:
    """A map, a drive and the criterion of a correct match.

    Attributes:
        gallery: the map.
        query: ONNX file of the query network; None: the one in the map.
        drive: the queries, with ground-truth poses unless ``truth`` compares frame numbers.
        truth: criterion of a correct image.
        symmetric: also the gallery network on both sides, and the query network on both sides.
        threads: of the networks.
        standardize: also compare standardised descriptors, first of all pairs, where the query
            network is calibrated for them, as the matcher does.
        acceptance: also match the drive as the localizer does, which takes longer.
    """

    gallery: GalleryMap
    query: Path | None
    drive: EvaluationDrive
    truth: GroundTruth
    symmetric: bool
    threads: int = 1
    standardize: bool = True
    acceptance: bool = True

    def run(self, progress: Progress) -> Evaluation:
        """Describe, search, score, and measure the cost.

        Args:
            progress: called with stage, done and total.

        Raises:
            SourceError: the true poses are not known, or no image can be used.
            QueryNetworkError: the query network is missing, damaged or cannot be counted.
            SpaceMismatchError: map and query network have different spaces, or ``symmetric`` needs
                a gallery network that this package cannot run.
            ConfigError: the criterion of a correct image cannot be applied.
            MapError: a thumbnail that ``symmetric`` needs is missing or damaged.
        """
        if self.truth.needs_positions and self.drive.no_truth is not None:
            raise SourceError(f'the drive cannot be scored: {self.drive.no_truth}')
        student = _student(self.query, self.gallery, self.threads)
        networks = {_QUERY: student}
        own: Descriptors | None = None
        if self.symmetric:
            networks[_GALLERY] = _teacher(self.gallery, self.threads)
            own = _describe_thumbnails(self.gallery, student.describe, progress)
        described = describe_drive(
            self.drive,
            {name: network.describe for name, network in networks.items()},
            progress,
            poses_wanted=self.truth.needs_positions,
        )
        standardizer = DescriptorStandardizer.for_matcher(
            self.gallery, student.calibration, self.standardize
        )
        pairs = self._pairs(described, own, standardizer)
        files = self.gallery.manifest.files
        return Evaluation(
            name=self.drive.source.name,
            truth=self.truth,
            pairs=pairs,
            costs=tuple(n.cost.measured(described.seconds[name]) for name, n in networks.items()),
            facts=self._facts(described, pairs[0]),
            descriptor_bytes=self.gallery.descriptors[0].nbytes,
            map_bytes=sum(files[name].bytes for name in REQUIRED) / len(self.gallery),
            examples=wrong_matches(self.gallery, self.drive.source, described, pairs[0]),
            acceptance=self._acceptance(progress),
        )

    def _acceptance(self, progress: Progress) -> Acceptance | None:
        """Return what the localizer accepts; None if not wanted or not applicable."""
        if not (self.acceptance and self.truth.needs_positions):
            return None
        return measure_acceptance(
            self.gallery, self.query, self.drive, self.truth.radius_m, self.threads, progress
        )

    def _pairs(
        self,
        described: DescribedDrive,
        own: Descriptors | None,
        standardizer: DescriptorStandardizer | None,
    ) -> tuple[Pair, ...]:
        stored = np.asarray(self.gallery.descriptors, dtype=np.float32)
        sides = [(ASYMMETRIC, described.descriptors[_QUERY], stored)]
        if standardizer is not None:
            about = _standardized_queries(described, standardizer)
            sides.insert(0, (STANDARDIZED, about, standardized(stored, standardizer.map_mean)))
        if own is not None:
            sides.append((TEACHER, described.descriptors[_GALLERY], stored))
            sides.append((STUDENT, described.descriptors[_QUERY], own))
        poses = self.gallery.keyframes.poses
        gallery_views = ViewPoses(poses[:, :3], self.gallery.keyframes.headings_rad())
        return tuple(
            evaluate_pair(
                method, DescriptorSet(queries, rows, described.views, gallery_views), self.truth
            )
            for method, queries, rows in sides
        )

    def _facts(self, described: DescribedDrive, pair: Pair) -> list[tuple[str, str]]:
        info, space = self.gallery.manifest, self.gallery.manifest.descriptor_space
        left_out = []
        if described.without_pose:
            left_out.append(f'{described.without_pose} without a true pose')
        if described.undecodable:
            left_out.append(f'{described.undecodable} that cannot be decoded')
        if described.unusable:
            left_out.append(f'{described.unusable} in which nothing is visible')
        text = f'{pair.score.queries}, {pair.score.covered} with a positive in the map'
        if left_out:
            text += f'; left out: {", ".join(left_out)}'
        findings = [(check.name, check.text) for check in self.drive.checks if check.level != 'ok']
        sessions = ', '.join(session.name for session in info.sessions)
        return [
            ('queries', text),
            (
                'true poses',
                self.drive.source.pose_source if self.truth.needs_positions else 'not used',
            ),
            ('descriptors', self._comparison(pair)),
            ('map', f'{len(self.gallery)} keyframes of {sessions}, id {info.map_id}'),
            ('descriptor space', f'{space.dim} dimensions, {space.id}'),
            *((f'check: {name}', finding) for name, finding in findings),
        ]

    def _comparison(self, pair: Pair) -> str:
        """Return in words whether descriptors are standardised, as in the localizer."""
        if pair.method == STANDARDIZED:
            return 'standardised by the means of map and drive; below also as they are'
        if not self.standardize:
            return 'as they are; standardisation is switched off'
        return 'as they are; the query network has no calibration of standardised ones'


@dataclass(frozen=True)
class _Network:
    """One side's network, and what it costs but for the time."""

    describe: Describe
    cost: NetworkCost
    calibration: Calibration | None = None


def _student(query: Path | None, gallery: GalleryMap, threads: int) -> _Network:
    """Open the query network and count it, both before the first image."""
    network = in_space_of(open_query_network(gallery, query, threads), gallery)
    info = network.manifest
    check_space(info, gallery.manifest)
    cost = onnx_cost(query or gallery.path / GALLERY_NETWORK, info.network, info.input_px, threads)
    return _Network(network.describe, cost, map_calibration(gallery, info))


def _standardized_queries(
    described: DescribedDrive, standardizer: DescriptorStandardizer
) -> Descriptors:
    """Standardise the queries in the order of the drive."""
    rows: list[Descriptors] = []
    views = zip(described.descriptors[_QUERY], described.stamps_ns, described.cameras, strict=True)
    for descriptor, stamp_ns, camera in views:
        query = standardizer.standardize(Query(descriptor, int(stamp_ns), camera))
        rows.append(query.searched)
    return np.stack(rows)


def _teacher(gallery: GalleryMap, threads: int) -> _Network:
    """Load the map's own gallery network; torch is needed only here."""
    import torch

    from avpr_ros.networks.registry import load_gallery_network

    network = load_gallery_network(gallery.space())
    name = gallery.manifest.descriptor_space.network

    def describe(image: RgbImage) -> Descriptors:
        # Torch has one number for the whole process: others want theirs back.
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            row: Descriptors = network.describe([image])[0]
        finally:
            torch.set_num_threads(before)
        return row

    return _Network(describe, torch_cost(network, name, network.input_px))


def _describe_thumbnails(
    gallery: GalleryMap, describe: Describe, progress: Progress
) -> Descriptors:
    rows = []
    for row in range(len(gallery)):
        image = gallery.thumbnail(row)
        if image is None:
            raise SourceError(
                f'{gallery.path} has no thumbnail of row {row}; the query network on both sides '
                'needs the whole map, not a copy for a robot.'
            )
        rows.append(describe(image))
        progress('describing thumbnails', row + 1, len(gallery))
    return np.stack(rows)
