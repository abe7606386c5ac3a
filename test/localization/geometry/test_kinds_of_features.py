# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A map with two kinds of local features: the second is extracted where the first is too weak."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import ROOT_SIFT, XFEAT, FeatureKind, Features
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.geometry import geometric_verifier
from avpr_ros.localization.geometry.temporal_verification import TemporalVerifier
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import MatchResult
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.verification.sift import extract_features

PLACES = 8
SETTINGS = MatchSettings(temporal_filter='none', distinct_radius_m=5.0)


@dataclass
class CountingExtractor:
    """SIFT as features of any kind; blind to images whose top left pixel is black."""

    kind: FeatureKind
    blind: bool = False
    images: list[int] = field(default_factory=list)
    working_px: int = 240

    def extract(self, image: np.ndarray, field: float = 1.0) -> Features:
        self.images.append(len(self.images))
        if self.blind and not image[0, 0].any():
            return Features.empty(self.kind)
        found = extract_features(image)
        if self.kind is ROOT_SIFT:
            return found
        looks = found.descriptors[:, : self.kind.width] // 17 - 8.0
        return Features(found.points_px, looks.astype(self.kind.dtype), self.kind)


def picture(seed: int, night: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = np.kron(
        rng.integers(1, 255, (16, 20, 3), dtype=np.uint8), np.ones((12, 12, 1), np.uint8)
    )
    image = cv2.GaussianBlur(image, (0, 0), 1.0)
    if night:
        image[0, 0] = 0
    return image


@dataclass
class World:
    """A map of eight places with both kinds, its matcher and its extractors."""

    matcher: Matcher
    first: CountingExtractor
    second: CountingExtractor

    def match(self, place: int, image: np.ndarray) -> MatchResult:
        self.first.images.clear()
        self.second.images.clear()
        return self.matcher.match(Query(np.eye(PLACES, dtype=np.float32)[place], 0, 'x', image))


@pytest.fixture
def world(make_gallery, monkeypatch) -> World:
    return make_world(make_gallery, monkeypatch)


def make_world(
    make_gallery,
    monkeypatch,
    mixed_llr: float = 20.0,
    first_kind: FalsePositiveFloor | None = None,
    weights: tuple[float, float] = (0.5, 0.5),
) -> World:
    """Return a world with one threshold for the mixture, and those of the first kind."""
    poses = [Pose.from_xy_yaw(20.0 * i, 0, 0) for i in range(PLACES)]
    gallery = make_gallery(np.eye(PLACES, dtype=np.float32), poses)
    extractors = CountingExtractor(ROOT_SIFT, blind=True), CountingExtractor(XFEAT, blind=False)
    layers = [
        FeatureLayer.from_features([each.extract(picture(i)) for i in range(PLACES)], each.kind)
        for each in extractors
    ]
    landmarks = replace(
        Landmarks.without_points([[layer.features(0)] for layer in layers], 1),
        layers=tuple(
            replace(layer, weight=weight, llr_scale=4.0)
            for layer, weight in zip(layers, weights, strict=True)
        ),
        background_llr=2.0,
        min_accumulated_llr=mixed_llr,
        min_single_image_llr=mixed_llr,
        first_kind_floor=first_kind,
    )
    monkeypatch.setattr(GalleryMap, 'landmarks', lambda self: landmarks)
    monkeypatch.setattr(geometric_verifier, 'open_extractors', lambda *_: extractors)
    return World(Matcher(gallery, Calibration(0.5), SETTINGS), *extractors)


def test_second_kind_is_not_extracted_where_the_first_suffices(world: World) -> None:
    result = world.match(3, picture(3))
    assert result.accepted
    assert (len(world.first.images), len(world.second.images)) == (1, 0)


def test_second_kind_is_extracted_once_where_the_first_is_blind(world: World) -> None:
    result = world.match(3, picture(3, night=True))
    assert result.accepted
    assert result.candidates[0].row == 3
    assert (len(world.first.images), len(world.second.images)) == (1, 1)


def test_image_of_no_place_is_rejected_by_both_kinds(world: World) -> None:
    result = world.match(3, picture(99))
    assert not result.accepted
    assert (len(world.first.images), len(world.second.images)) == (1, 1)


def test_features_that_were_extracted_before_are_used(world: World) -> None:
    image = picture(5)
    given = world.matcher.extract(image, 'x', None)
    query = Query(np.eye(PLACES, dtype=np.float32)[5], 0, 'x', image, features=given)
    world.first.images.clear()
    assert world.matcher.match(query).accepted
    assert world.first.images == []


def test_second_kind_is_extracted_where_keyframes_of_the_place_disagree(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TemporalVerifier, '_keyframe_disagreement_m', lambda *_: 4.0)
    result = world.match(3, picture(3))
    assert not result.accepted
    assert (len(world.first.images), len(world.second.images)) == (1, 1)


@pytest.mark.parametrize(('first_llr', 'accepted'), [(20.0, True), (1e6, False)])
def test_first_kind_accepts_by_itself_where_the_mixture_does_not(
    make_gallery, monkeypatch, first_llr: float, accepted: bool
) -> None:
    floor = FalsePositiveFloor(2.0, first_llr, first_llr)
    world = make_world(make_gallery, monkeypatch, mixed_llr=1e6, first_kind=floor)
    result = world.match(3, picture(3))
    assert result.accepted == accepted
    assert len(world.second.images) == (0 if accepted else 1)


def test_mixture_accepts_where_the_first_kind_is_blind(make_gallery, monkeypatch) -> None:
    floor = FalsePositiveFloor(2.0, 20.0, 20.0)
    world = make_world(make_gallery, monkeypatch, first_kind=floor)
    assert world.match(3, picture(3, night=True)).accepted


def test_kind_for_poses_alone_recognises_no_place(make_gallery, monkeypatch) -> None:
    world = make_world(make_gallery, monkeypatch, weights=(1.0, 0.0))
    for image in (picture(3), picture(3, night=True), picture(99)):
        world.match(3, image)
        assert (len(world.first.images), len(world.second.images)) == (1, 0)
