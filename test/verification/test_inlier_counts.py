# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import XFEAT, Features
from avpr_ros.verification.inlier_counts import InlierCountLikelihoods
from avpr_ros.verification.layer_likelihood import layer_likelihoods

PLACES, POINTS = 6, 200


def looks(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return (count, 64) descriptors."""
    vectors = rng.normal(size=(count, XFEAT.width)).astype(np.float32)
    return XFEAT.quantise(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def noisy(rng: np.random.Generator, descriptors: np.ndarray, share: float) -> np.ndarray:
    """Return descriptors of the same points in another light: mixed with unrelated ones."""
    other = looks(rng, len(descriptors)).astype(np.float32)
    mixed = np.sqrt(1 - share) * descriptors + np.sqrt(share) * other
    return XFEAT.quantise(mixed / np.linalg.norm(mixed, axis=1, keepdims=True))


class World:
    """Places of points in space, each seen by one keyframe."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.space_m = self.rng.uniform([-4, -3, 5], [4, 3, 20], (PLACES, POINTS, 3))
        self.looks = [looks(self.rng, POINTS) for _ in range(PLACES)]
        self.layer = FeatureLayer.from_features(
            [self.view(place, 0.0) for place in range(PLACES)], XFEAT
        )

    def view(self, place: int, shift_m: float, light: float = 0.0) -> Features:
        """See a place from a shifted camera, in a light that changed by a share."""
        moved_m = self.space_m[place] + [shift_m, 0.0, 0.0]
        points_px = 300 * moved_m[:, :2] / moved_m[:, 2:] + [320, 240]
        descriptors = noisy(self.rng, self.looks[place], light) if light else self.looks[place]
        return Features(points_px.astype(np.float32), descriptors, XFEAT)

    def compare(self, query: Features, same: np.ndarray | None = None) -> InlierCountLikelihoods:
        same_place = np.eye(PLACES, dtype=bool) if same is None else same
        found = layer_likelihoods(query, self.layer, np.arange(PLACES), same_place)
        assert isinstance(found, InlierCountLikelihoods)
        return found


@pytest.mark.parametrize('light', [0.0, 0.5, 0.75])
def test_place_of_the_image_has_the_largest_ratio_in_any_light(light: float) -> None:
    world = World()
    llr = world.compare(world.view(2, 0.5, light)).llr_place
    assert llr.argmax() == 2
    assert llr[2] > 20
    assert llr[np.arange(PLACES) != 2].max() == 0


def test_image_of_no_place_has_ratios_of_few_nats() -> None:
    world = World()
    llr = [world.compare(World(seed).view(0, 0.0)).llr_place.max() for seed in range(1, 31)]
    assert np.mean(llr) < 2
    assert max(llr) < 8


def test_same_features_in_another_arrangement_do_not_count() -> None:
    world = World()
    seen = world.view(2, 0.5)
    scattered = Features(world.rng.permutation(seen.points_px), seen.descriptors, XFEAT)
    arranged, shuffled = (world.compare(each).llr_place[2] for each in (seen, scattered))
    assert arranged > 20 > 5 > shuffled


def test_places_that_look_alike_cancel_each_other() -> None:
    world = World()
    world.looks[4], world.space_m[4] = world.looks[2], world.space_m[2]
    world.layer = FeatureLayer.from_features(
        [world.view(place, 0.0) for place in range(PLACES)], XFEAT
    )
    seen = world.view(2, 0.5, 0.5)
    assert world.compare(seen).llr_place.max() < 5
    together = np.eye(PLACES, dtype=bool)
    together[2, 4] = together[4, 2] = True
    assert world.compare(seen, together).llr_place[2] > 20


def neighbours(width: int) -> np.ndarray:
    """Return which of the places are at most so many numbers apart."""
    numbers = np.arange(PLACES)
    return np.abs(numbers[:, np.newaxis] - numbers) <= width


def scattered(rng: np.random.Generator, seen: Features, count: int) -> Features:
    """Return features whose first points are elsewhere in the image."""
    points_px = seen.points_px.copy()
    points_px[:count] = rng.permutation(points_px[:count])
    return Features(points_px, seen.descriptors, XFEAT)


def test_place_seen_from_several_keyframes_outweighs_one_that_is_seen_from_one() -> None:
    world = World()
    seen = world.view(1, 0.5)
    views = [world.view(place, 0.0) for place in range(PLACES)]
    for place in (0, 1, 2):
        views[place] = scattered(world.rng, world.view(1, 0.1 * place), 80)
    # By chance the keyframe of another place has more inliers than each of these.
    views[5] = scattered(world.rng, world.view(1, 0.2), 70)
    world.layer = FeatureLayer.from_features(views, XFEAT)
    together = np.eye(PLACES, dtype=bool)
    together[:3, :3] = True
    found = world.compare(seen, together)
    assert found.llr_inliers.argmax() == 5
    assert found.llr_place.argmax() in (0, 1, 2)
    assert found.llr_place[5] == 0


def test_place_that_overlaps_with_the_right_one_is_not_weighed_against_it() -> None:
    world = World()
    for place in (2, 3, 4):  # the same things from farther and farther off
        world.looks[place], world.space_m[place] = world.looks[2], world.space_m[2]
    views = [world.view(place, 0.3 * place) for place in range(PLACES)]
    world.layer = FeatureLayer.from_features(views, XFEAT)
    seen = world.view(2, 0.6)
    assert world.compare(seen, neighbours(1)).llr_place[2] > 20
    assert world.compare(seen, neighbours(0)).llr_place[2] < 5


@pytest.mark.parametrize('count', [0, 1, 7])
def test_few_features_have_no_likelihood(count: int) -> None:
    world = World()
    seen = world.view(2, 0.5)
    few = Features(seen.points_px[:count], seen.descriptors[:count], XFEAT)
    assert not world.compare(few).llr_place.any()


def test_keyframes_without_features_have_no_likelihood() -> None:
    world = World()
    world.layer = FeatureLayer.from_features([Features.empty(XFEAT)] * PLACES, XFEAT)
    assert not world.compare(world.view(2, 0.5)).llr_place.any()


def test_matches_without_geometry_do_not_count() -> None:
    world = World()
    assert (world.compare(world.view(2, 0.5)).llr_all_matches == -np.inf).all()
