# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Expected weaknesses of a map, as lines of a table."""

from __future__ import annotations

import numpy as np

from avpr_ros.evaluation.map_quality.coverage import GAP_STEPS, Coverage
from avpr_ros.evaluation.map_quality.report_data import MapQuality
from avpr_ros.evaluation.map_quality.self_similarity import SelfSimilarity
from avpr_ros.evaluation.map_quality.weak_places import (
    ALONE,
    CONFUSED,
    RECOGNISED,
    UNSURE,
    WeakPlaces,
)
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.impostors import ImpostorScores

#: Pairs of places that are named.
_PAIRS = 3
#: Conditions of the held-out views, in words.
_LIGHTS = {'day': 'by day', 'night': 'as at night', 'winter': 'as in winter'}


def weakness_facts(gallery: GalleryMap, quality: MapQuality) -> list[tuple[str, str]]:
    """Return (what, value) pairs for the terminal and the report."""
    facts = [
        ('weak places', _weak(quality.weak)),
        ('expected error', _error(quality.weak)),
        ('self-similarity', _aliasing(quality.alike)),
    ]
    if pairs := quality.alike.worst_pairs(_PAIRS):
        facts.append(('most alike', '; '.join(pair_text(gallery, *pair) for pair in pairs)))
    if quality.impostors is not None:
        facts.append(('local features', _local_features(quality.impostors)))
    facts.append(('coverage', _coverage(gallery, quality.coverage)))
    if quality.calibration is not None:
        in_use = quality.calibration.in_use(standardize=quality.impostors is None)
        facts.append(('calibration', _calibration(in_use)))
        facts += _light(quality.calibration)
    return facts


def pair_text(gallery: GalleryMap, a: int, b: int, similarity: float) -> str:
    """Return two similar keyframes, their distance and similarity."""
    return f'{apart_text(gallery, a, b)}: similarity {similarity:.3f}'


def apart_text(gallery: GalleryMap, a: int, b: int) -> str:
    """Return the names of two keyframes and their distance."""
    ids, positions_m = gallery.keyframes.ids, gallery.keyframes.poses[:, :3]
    apart_m = float(np.linalg.norm(positions_m[a] - positions_m[b]))
    return f'keyframes {ids[a]} and {ids[b]}, {apart_m:.1f} m apart'


def _weak(weak: WeakPlaces) -> str:
    return (
        f'of {len(weak.rows)} keyframes matched against the others {weak.count(RECOGNISED)} '
        f'are recognised, {weak.count(UNSURE)} unsure, {weak.count(CONFUSED)} taken for another '
        f'place, {weak.count(ALONE)} have no neighbour (by {weak.judged_by}; one image each)'
    )


def _error(weak: WeakPlaces) -> str:
    text = 'unknown: no keyframe has another one'
    if weak.keyframe_error_m.size:
        median_m, p95_m = np.percentile(weak.keyframe_error_m, [50, 95])
        text = f'the most similar other keyframe lies {median_m:.2f} m off (median), {p95_m:.2f} m'
        text += ' (95 %)'
    if weak.metric_error_m.size:
        median_m, p95_m = np.percentile(weak.metric_error_m, [50, 95])
        text += f'; a pose from landmarks {median_m:.3f} m (median), {p95_m:.3f} m (95 %), '
        text += f'{len(weak.metric_error_m)} of {weak.placed_of} succeeded'
    elif not weak.placed_of:
        text += '; no pose from landmarks: they, the intrinsics or the extrinsics are missing'
    return text


def _aliasing(alike: SelfSimilarity) -> str:
    other = alike.other[np.isfinite(alike.other)]
    if not other.size:
        return f'one place only: all keyframes lie within {alike.radius_m:.1f} m of each other'
    same = alike.same[np.isfinite(alike.same)]
    own = f'{np.median(same):.3f}' if same.size else 'unknown (no neighbours)'
    return (
        f'best of the same place {own} (median), best of another place {np.median(other):.3f} '
        f'(median) and {other.max():.3f} (most); {alike.aliased_share:.1%} of keyframes look '
        f'more like a place over {alike.radius_m:.1f} m away than like their neighbours'
    )


def _local_features(impostors: ImpostorScores) -> str:
    if not len(impostors.rows):
        return 'no keyframe lies out of sight of the others; false-positive thresholds are unknown'
    return (
        f'log-likelihood ratio from {impostors.min_single_image_llr:.0f} for a single image, '
        f'{impostors.min_accumulated_llr:.0f} accumulated; the best of '
        f'{len(impostors.rows)} false matches reached {impostors.llr.max():.0f}'
    )


def _coverage(gallery: GalleryMap, found: Coverage) -> str:
    text = f'{found.driven_m:.1f} m driven, {len(found.gaps_m)} gaps of over {GAP_STEPS:g} steps'
    if len(found.gaps_m):
        first = gallery.keyframes.ids[found.gaps[0, 0]]
        text += f', the largest {found.gaps_m[0]:.1f} m after keyframe {first}'
    share = f'{found.both_ways_share:.0%}'
    return f'{text}; {share} of the keyframes are also seen from the opposite direction'


def _calibration(calibration: Calibration) -> str:
    threshold = f'similarity from {calibration.min_similarity:.3f}'
    power = calibration.power
    if power is None:
        return f'{threshold}; the map is too small to estimate its rates'
    return f'{threshold}; {power}' + ('' if power.enough else ', so scores alone accept nothing')


def _light(calibration: Calibration) -> list[tuple[str, str]]:
    """Return the recall in other light; nothing where the calibration is older than it."""
    recalls = [calibration.statistics.get(f'{light}_recall_at_1') for light in _LIGHTS]
    known = [value for value in recalls if isinstance(value, int | float)]
    if len(known) < len(_LIGHTS):
        return []
    text = ', '.join(
        f'{value:.2f} {light}' for light, value in zip(_LIGHTS.values(), known, strict=True)
    )
    return [('light change', f'recall@1 of augmented views of the keyframes: {text}')]
