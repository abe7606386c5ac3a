# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Picks the queries worth looking at, and puts each beside what it was matched to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.evaluation.reports.html import jpeg_uri
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from simulation.demo.scoring import WRONG_M, Scored
from simulation.drives.bag_writer import TRUTH_TOPIC

#: Queries this far apart in the drive show different places.
_APART = 12


@dataclass(frozen=True)
class Pair:
    """One query and its best candidate, for the page.

    Attributes:
        query: image as a ``data:`` address.
        match: the keyframe's thumbnail likewise; None where the map has none.
        similarity: of the two.
        pose_error_m: distance of the published pose from the true position; None: rejected.
        keyframe_m: distance of the keyframe from the true position.
        text: the node's own reason.
    """

    query: str
    match: str | None
    similarity: float
    pose_error_m: float | None
    keyframe_m: float
    text: str


def choose(scored: Scored, each: int) -> dict[str, IntArray]:
    """Return rows of queries by kind: typical accepted, rejected, and the hardest.

    Hardest are accepted ones whose pose is wrong, then those that score lowest.
    """
    has_match = np.array([bool(answer.matches) for answer in scored.answers], np.bool_)
    accepted = np.flatnonzero(scored.accepted & has_match)
    rejected = np.flatnonzero(~scored.accepted & has_match)
    middle = np.median(scored.scores[accepted]) if len(accepted) else 0.0
    typical = accepted[np.argsort(np.abs(scored.scores[accepted] - middle), kind='stable')]
    sure_refused = rejected[np.argsort(-scored.scores[rejected], kind='stable')]
    in_place = scored.error_m[accepted] <= WRONG_M
    hard = accepted[np.lexsort((scored.scores[accepted], in_place))]
    return {
        'accepted': _spread(typical, each),
        'rejected': _spread(sure_refused, each),
        'hardest': _spread(hard, each),
    }


def pairs(
    scored: Scored, rows: Mapping[str, IntArray], gallery: GalleryMap, bag: Path
) -> dict[str, list[Pair]]:
    """Return the chosen queries with their pictures, read from the bag and the map."""
    stamps = {scored.answers[row].stamp_ns for chosen in rows.values() for row in chosen}
    options = SourceOptions(pose_topic=TRUTH_TOPIC)
    images = {
        image.stamp_ns: image.decode()
        for image in open_source(bag, options).images()
        if image.stamp_ns in stamps
    }
    return {
        kind: [_pair(scored, int(row), gallery, images) for row in chosen]
        for kind, chosen in rows.items()
    }


def _pair(scored: Scored, row: int, gallery: GalleryMap, images: Mapping[int, RgbImage]) -> Pair:
    answer = scored.answers[row]
    best = answer.matches[0]
    place = int(np.flatnonzero(gallery.keyframes.ids == best.keyframe_id)[0])
    thumbnail = gallery.thumbnail(place)
    return Pair(
        query=jpeg_uri(images[answer.stamp_ns]),
        match=None if thumbnail is None else jpeg_uri(thumbnail),
        similarity=best.similarity,
        pose_error_m=float(scored.error_m[row]) if scored.accepted[row] else None,
        keyframe_m=float(np.linalg.norm(np.array(best.position_m) - scored.truth_m[row])),
        text=best.text or answer.reason,
    )


def _spread(rows: Sequence[int] | IntArray, count: int) -> IntArray:
    """Return the first rows of a ranking that do not show the same place."""
    chosen: list[int] = []
    for row in rows:
        if all(abs(int(row) - other) >= _APART for other in chosen):
            chosen.append(int(row))
        if len(chosen) == count:
            break
    return np.array(chosen, np.int64)
