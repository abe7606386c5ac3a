# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a map is good for and where it is weak, in a few phrases with their figures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avpr_ros.evaluation.map_quality.coverage import Coverage
from avpr_ros.evaluation.map_quality.report_data import MapQuality
from avpr_ros.evaluation.map_quality.weak_places import ALONE, CONFUSED, RECOGNISED, WeakPlaces
from avpr_ros.gallery.calibration import Calibration

#: Shares of keyframes from which a map is good, and below which it is bad, for single images.
_GOOD_SHARE, _BAD_SHARE = 0.9, 0.5
#: A share of confused keyframes above this is bad.
_MANY_CONFUSED = 0.05
#: A share of keyframes with a pose by landmarks from which poses are good.
_PLACED_SHARE = 0.8
#: A share of keyframes seen from both directions from which the direction does not matter.
_BOTH_WAYS_SHARE = 0.5
#: recall@1 of augmented views from which another light is good.
_GOOD_RECALL = 0.8
_LIGHTS = {'night_recall_at_1': 'night', 'winter_recall_at_1': 'winter'}


@dataclass(frozen=True)
class MapVerdict:
    """Findings on a map, each a phrase with its figure.

    Attributes:
        level: ``good``, ``fair`` or ``bad``.
        good_for: what is likely to work.
        weak_at: what is likely to fail.
    """

    level: str
    good_for: tuple[str, ...]
    weak_at: tuple[str, ...]

    def facts(self) -> list[tuple[str, str]]:
        """Return (what, value) pairs."""
        named = (('good for', self.good_for), ('weak at', self.weak_at))
        return [(what, '; '.join(found) or 'nothing measured') for what, found in named]


def map_verdict(quality: MapQuality) -> MapVerdict:
    """Return the verdict on a map by its quality measures."""
    findings = [
        *_recognition(quality.weak),
        *_poses(quality.weak),
        *_coverage(quality.coverage),
        *_light(quality.calibration),
    ]
    good = tuple(text for is_good, text in findings if is_good)
    weak = tuple(text for is_good, text in findings if not is_good)
    return MapVerdict(_level(quality.weak), good, weak)


def recognised_share(weak: WeakPlaces) -> float:
    """Return the share of the matched keyframes that are recognised."""
    return weak.count(RECOGNISED) / max(len(weak.rows), 1)


def _level(weak: WeakPlaces) -> str:
    share, confused = recognised_share(weak), weak.count(CONFUSED)
    if share < _BAD_SHARE or confused > _MANY_CONFUSED * len(weak.rows):
        return 'bad'
    placed = len(weak.metric_error_m) >= _PLACED_SHARE * weak.placed_of > 0
    return 'good' if share >= _GOOD_SHARE and not confused and placed else 'fair'


def _recognition(weak: WeakPlaces) -> list[tuple[bool, str]]:
    count, share = len(weak.rows), recognised_share(weak)
    text = f'single images in the light of the mapping drive ({share:.0%} of {count} recognised)'
    findings = [(share >= _GOOD_SHARE, text)]
    if confused := weak.count(CONFUSED):
        findings.append((False, f'{confused} of {count} keyframes taken for another place'))
    if alone := weak.count(ALONE):
        findings.append((False, f'{alone} of {count} keyframes without a neighbour'))
    return findings


def _poses(weak: WeakPlaces) -> list[tuple[bool, str]]:
    if not weak.placed_of:
        return [(False, 'precise poses (no landmarks, intrinsics or extrinsics)')]
    placed = len(weak.metric_error_m)
    text = f'poses by landmarks ({placed} of {weak.placed_of} keyframes placed'
    if placed:
        text += f', median error {np.median(weak.metric_error_m):.2f} m'
    return [(placed >= _PLACED_SHARE * weak.placed_of, f'{text})')]


def _coverage(found: Coverage) -> list[tuple[bool, str]]:
    share = found.both_ways_share
    text = f'travel in the opposite direction ({share:.0%} of the keyframes are seen both ways)'
    findings = [(share >= _BOTH_WAYS_SHARE, text)]
    if len(found.gaps_m):
        text = f'{len(found.gaps_m)} gaps, the largest {found.gaps_m[0]:.1f} m'
        findings.append((False, text))
    return findings


def _light(calibration: Calibration | None) -> list[tuple[bool, str]]:
    found = {} if calibration is None else calibration.statistics
    return [
        (float(recall) >= _GOOD_RECALL, f'{light} (recall@1 {recall:.2f} of augmented views)')
        for name, light in _LIGHTS.items()
        if isinstance(recall := found.get(name), int | float)
    ]
