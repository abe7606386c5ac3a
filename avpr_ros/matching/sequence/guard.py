# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The sequence filters of a matcher: one for each camera, their answer led into retrieval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.gallery.gallery import Gallery
from avpr_ros.gallery.spacing import keyframe_spacing_m
from avpr_ros.matching.hypotheses import PoseHypotheses
from avpr_ros.matching.query import Query
from avpr_ros.matching.result import Reason
from avpr_ros.matching.retrieval import Retrieval
from avpr_ros.matching.sequence.filter import SequenceEstimate, SequenceFilter
from avpr_ros.matching.sequence.lead import led_by
from avpr_ros.matching.sequence.places import SequencePlaces, Views, driving_order

# Up to the next keyframe on either side, with some play for uneven spacing.
_PLACE_SPACINGS = 1.5


@dataclass(frozen=True, eq=False)
class SequenceVerdict:
    """What the images so far make of one query.

    Attributes:
        retrieval: with the filter's keyframe as first candidate, whatever the image alone ranks
            first.
        objection: why that keyframe is not to be believed, with figures; None to pass it.
        text: the filter's figures in words.
        log_odds: of the robot being there.
    """

    retrieval: Retrieval
    objection: str | None
    text: str
    log_odds: float


@dataclass
class _Stream:
    """One camera's filter and the stamp it has come to."""

    filter: SequenceFilter
    stamp_ns: int


class SequenceGuard:
    """Follows each camera's images over the map.

    Keeps the map's descriptors in memory as float32: 20 MB for 10,000 keyframes of 512 numbers.

    Attributes:
        reason: what a rejection is called.
    """

    reason = Reason.SEQUENCE

    def __init__(
        self, gallery: Gallery, top_k: int, distinct_radius_m: float, angle_rad: float
    ) -> None:
        """Prepare a map.

        Args:
            gallery: the map.
            top_k: how many places are wanted.
            distinct_radius_m: beyond this distance from a keyframe another place begins.
            angle_rad: beyond this rotation from a keyframe another view begins.
        """
        self._top_k = top_k
        self._ids = gallery.keyframes.ids
        self._radius_m = distinct_radius_m
        self._angle_rad = angle_rad
        self._place_radius_m = _PLACE_SPACINGS * keyframe_spacing_m(gallery)
        self._order, chain = driving_order(gallery.keyframes)
        self._rank = np.argsort(self._order)
        self._rows = gallery.descriptors[self._order].astype(np.float32)
        self._views = Views.of(self._rows, chain)
        self._places: dict[str, SequencePlaces] = {}
        self._streams: dict[str, _Stream] = {}

    def forget(self) -> None:
        """Start all cameras anew."""
        # Replaced, not cleared: another thread may be in the middle of an image.
        self._streams = {}

    def follow(
        self, query: Query, hypotheses: PoseHypotheses, retrieval: Retrieval
    ) -> SequenceVerdict:
        """Take in one query.

        A stamp before the camera's last one, or more than ``max_gap_s`` after it, starts that
        camera anew: without odometry nothing is known of the way in between.

        Args:
            query: the image, its descriptor finite and of length 1.
            hypotheses: poses of the base by row, for that camera.
            retrieval: what the image alone gives.
        """
        sequence = self._filter_for(query.stamp_ns, query.camera, hypotheses)
        similarities = self._rows @ np.asarray(query.descriptor, dtype=np.float32)
        estimate = sequence.update(similarities.astype(np.float64))
        row = int(self._order[estimate.index])
        led = led_by(
            row, self._top_k, similarities[self._rank], hypotheses, self._radius_m, self._angle_rad
        )
        keyframe, text = int(self._ids[row]), self._text(estimate, row, retrieval)
        objection = None
        if not sequence.accepts(estimate):
            objection = _objection(sequence, estimate, keyframe)
        return SequenceVerdict(led, objection, text, estimate.log_odds)

    def _filter_for(
        self, stamp_ns: int, camera: str, hypotheses: PoseHypotheses
    ) -> SequenceFilter:
        streams = self._streams
        stream = streams.get(camera)
        if stream is not None:
            gap_s = (stamp_ns - stream.stamp_ns) * 1e-9
            if 0 <= gap_s <= stream.filter.settings.max_gap_s:
                stream.stamp_ns = stamp_ns
                return stream.filter
        if camera not in self._places:
            pairs = hypotheses.pairs_within(self._place_radius_m, self._angle_rad)
            self._places[camera] = SequencePlaces.of(self._views, self._rank[pairs])
        streams[camera] = _Stream(SequenceFilter(self._places[camera]), stamp_ns)
        return streams[camera].filter

    def _text(self, estimate: SequenceEstimate, row: int, alone: Retrieval) -> str:
        text = f'sequence mass {estimate.mass:.3f} at keyframe {int(self._ids[row])}'
        first = int(alone.rows[0])
        if first == row:
            return text
        return f'{text}; the image alone ranks keyframe {int(self._ids[first])} first'


def _objection(sequence: SequenceFilter, estimate: SequenceEstimate, keyframe: int) -> str:
    s = sequence.settings
    if estimate.mass < s.min_mass:
        return (
            f'waiting for a consistent sequence: mass {estimate.mass:.2f} < {s.min_mass:.2f} at '
            f'keyframe {keyframe}'
        )
    return (
        f'the sequence leads to keyframe {keyframe}, but this image does not agree: its evidence '
        f'there is {estimate.support:.2f} < {s.min_support:.2f}'
    )
