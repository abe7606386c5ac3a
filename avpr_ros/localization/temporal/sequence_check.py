# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The Bayes filters of a matcher, one for each camera, as a check with its own candidates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.places import PlaceCriterion, keyframe_spacing_m
from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Reason
from avpr_ros.localization.retrieval import Retrieval
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.localization.temporal.appearance import Appearance, RunningNormalizer
from avpr_ros.localization.temporal.bayes_filter import SequenceEstimate, SequenceFilter
from avpr_ros.localization.temporal.reranking import rerank_with_first
from avpr_ros.localization.temporal.sequence_places import (
    SequencePlaces,
    ViewStatistics,
    driving_order,
)
from avpr_ros.localization.temporal.travel import Spacings
from avpr_ros.poses import Pose

# Up to the next keyframe on either side, with some play for uneven spacing.
_PLACE_SPACINGS = 1.5


@dataclass(frozen=True, eq=False)
class SequenceVerdict:
    """The posterior of one camera's images so far.

    Attributes:
        retrieval: with the filter's keyframe as first candidate, whatever the image alone ranks
            first.
        rejection: why that keyframe is rejected, with figures; None if it passes.
        text: the filter's figures in words.
        log_odds: of the robot being there.
    """

    retrieval: Retrieval
    rejection: str | None
    text: str
    log_odds: float


@dataclass
class _Stream:
    """The filter of one camera.

    Attributes:
        filter: the filter.
        normalizers: running means of its descriptors.
        stamp_ns: of the last image.
        odom_from_base: at the last image; None without odometry.
    """

    filter: SequenceFilter
    normalizers: list[RunningNormalizer]
    stamp_ns: int
    odom_from_base: Pose | None


class SequenceCheck:
    """Runs a Bayes filter over each camera's images, with odometry where queries carry it.

    Keeps 128 numbers of each keyframe's descriptor and of its HOG descriptor in memory: 10
    MB for 10,000 keyframes.

    Attributes:
        reason: reason of a rejection.
    """

    reason = Reason.TEMPORAL_INCONSISTENCY

    def __init__(
        self, gallery: Gallery, settings: MatchSettings, distinct_radius_m: float
    ) -> None:
        """Prepare a map.

        Args:
            gallery: the map.
            settings: of the matcher.
            distinct_radius_m: beyond this distance from a keyframe another place begins.
        """
        self._odometry = settings.use_odometry
        self._top_k = settings.top_k
        self._ids = gallery.keyframes.ids
        self._criterion = PlaceCriterion(distinct_radius_m, settings.distinct_angle_rad)
        spacing_m = keyframe_spacing_m(gallery)
        self._neighbourhood = replace(self._criterion, radius_m=_PLACE_SPACINGS * spacing_m)
        self._spacings = Spacings(spacing_m, gallery.manifest.keyframe_spacing.rotation_rad)
        self._order, chain = driving_order(gallery.keyframes)
        self._rank = np.argsort(self._order)
        self._descriptors = gallery.descriptors
        self._appearance = Appearance(gallery, self._order)
        self._views = ViewStatistics.from_descriptors(self._appearance.rows, chain)
        poses = gallery.keyframes.poses[self._order]
        self._along = self._spacings.along(poses, chain)
        self._places: dict[str, SequencePlaces] = {}
        self._streams: dict[str, _Stream] = {}

    @property
    def needs_image(self) -> bool:
        """Whether queries should carry their images."""
        return self._appearance.needs_image

    def forget(self) -> None:
        """Clear the filters of all cameras."""
        # Replaced, not cleared: another thread may be in the middle of an image.
        self._streams = {}

    def follow(
        self, query: Query, hypotheses: PoseHypotheses, retrieval: Retrieval
    ) -> SequenceVerdict:
        """Update with one query.

        A stamp before the camera's last one, or more than ``max_gap_s`` after it, starts that
        camera anew: without odometry nothing is known of the way in between.

        Args:
            query: the image, its descriptor finite and of length 1.
            hypotheses: poses of the base by row, for that camera.
            retrieval: candidates of the image alone.
        """
        stream, travelled = self._stream_for(query, hypotheses)
        sequence = stream.filter
        similarities = self._appearance.similarities(query, stream.normalizers)
        estimate = sequence.update(similarities, travelled)
        row = int(self._order[estimate.index])
        reranked = rerank_with_first(
            row,
            self._top_k,
            self._descriptors,
            query,
            retrieval,
            hypotheses,
            self._criterion,
        )
        keyframe, text = int(self._ids[row]), self._text(estimate, row, retrieval)
        rejection = None
        if not sequence.accepts(estimate):
            rejection = _rejection(sequence, estimate, keyframe)
        return SequenceVerdict(reranked, rejection, text, estimate.log_odds)

    def _stream_for(
        self, query: Query, hypotheses: PoseHypotheses
    ) -> tuple[_Stream, float | None]:
        """Return the camera's stream, and the distance by odometry since the last image."""
        streams, camera, stamp_ns = self._streams, query.camera, query.stamp_ns
        odometry = query.odom_from_base if self._odometry else None
        stream = streams.get(camera)
        if stream is not None:
            gap_s, before = (stamp_ns - stream.stamp_ns) * 1e-9, stream.odom_from_base
            if 0 <= gap_s <= stream.filter.settings.max_gap_s:
                stream.stamp_ns, stream.odom_from_base = stamp_ns, odometry
                if before is None or odometry is None:
                    return stream, None
                return stream, self._spacings.between(before, odometry)
        if camera not in self._places:
            pairs = hypotheses.pairs_within(self._neighbourhood)
            self._places[camera] = SequencePlaces.from_pairs(
                self._views, self._rank[pairs], self._along
            )
        fresh = SequenceFilter(self._places[camera])
        normalizers = self._appearance.normalizers(fresh.settings)
        streams[camera] = _Stream(fresh, normalizers, stamp_ns, odometry)
        return streams[camera], 0.0 if odometry is not None else None

    def _text(self, estimate: SequenceEstimate, row: int, retrieval: Retrieval) -> str:
        text = f'sequence mass {estimate.mass:.3f} at keyframe {int(self._ids[row])}'
        first = int(retrieval.rows[0])
        if first == row:
            return text
        return f'{text}; the image alone ranks keyframe {int(self._ids[first])} first'


def _rejection(sequence: SequenceFilter, estimate: SequenceEstimate, keyframe: int) -> str:
    s = sequence.settings
    if estimate.mass < s.min_mass:
        return (
            f'waiting for a consistent sequence: mass {estimate.mass:.2f} < {s.min_mass:.2f} at '
            f'keyframe {keyframe}'
        )
    return (
        f'the Bayes filter ranks keyframe {keyframe} first, but the log-likelihood ratio '
        f'of this image there is {estimate.support:.2f} < {s.min_support:.2f}'
    )
