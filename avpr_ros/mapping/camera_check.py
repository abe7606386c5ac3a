# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Check of camera models and extrinsics by the map's own images.

Features that neighbouring keyframes share must satisfy the epipolar geometry of their poses,
extrinsics and camera model. Where they satisfy some epipolar geometry and not this one, one of the
three is wrong; which, other rotations of the camera and a model without distortion tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray, evenly
from avpr_ros.errors import CalibrationError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.poses import Pose
from avpr_ros.verification.cameras.camera_model import CameraModel
from avpr_ros.verification.cameras.other_camera_models import (
    CameraModels,
    camera_models,
    other_model,
)
from avpr_ros.verification.epipolar import count_essential_inliers
from avpr_ros.verification.projective_geometry import sampson_distances, skew_matrices
from avpr_ros.verification.triangulation import mutual_matches

#: Pairs of keyframes that are compared, an even sample.
_MAX_PAIRS = 60
#: With a shorter baseline a pair says nothing about the epipolar geometry.
_MIN_BASELINE_M = 0.05
#: Largest ratio of the distances of nearest and second nearest neighbour (Lowe, IJCV 2004).
_RATIO = 0.8
#: Largest epipolar error, in pixels.
_MAX_ERROR_PX = 2.0
#: Fewer matches of a pair have no epipolar geometry, fewer in all no result.
_MIN_PAIR, _MIN_MATCHES = 20, 300
#: Share of the matches that satisfy some epipolar geometry; with fewer they are mostly wrong.
_MIN_RIGID = 0.4
#: Share of these that poses, extrinsics and camera model must explain,
_MIN_EXPLAINED = 0.4
#: beyond which no other hypothesis is tried,
_ALL_EXPLAINED = 0.9
#: and how many times as many another hypothesis must explain to be named.
_BETTER_ROTATION, _BETTER_MODEL = 1.8, 1.3
_UPSIDE_DOWN = Rotation.from_euler('z', np.pi)
#: Factors of the viewing rays of mirrored images.
_MIRROR = np.array([-1.0, 1.0])
#: Rotation from an optical frame (z forward) to a body frame (x forward), REP-103.
_BODY_FROM_OPTICAL = Rotation.from_matrix([[0, 0, 1], [-1, 0, 0], [0, -1, 0]])


class Contradiction(NamedTuple):
    """Name of what is wrong, as ``avpr doctor`` has it, and a sentence on it."""

    name: str
    text: str


@dataclass(frozen=True)
class PosedPair:
    """Matches of two keyframes of one camera, in pixels, and their poses."""

    map_from_first: Pose
    map_from_second: Pose
    first_px: NDArray[np.float32]
    second_px: NDArray[np.float32]


def camera_warnings(gallery: GalleryMap, landmarks: Landmarks) -> list[str]:
    """Return one sentence on each camera whose images contradict its model or extrinsics.

    Args:
        gallery: the map, with thumbnails; cameras without are left out.
        landmarks: of the map, which cannot load them yet while it is built.
    """
    warnings = []
    keyframes = gallery.keyframes
    for number, camera in enumerate(gallery.manifest.cameras):
        rows = np.flatnonzero(keyframes.cameras == number)
        if camera.intrinsics is None or camera.base_from_camera is None or len(rows) < 2:
            continue
        image = gallery.thumbnail(int(rows[0]))
        if image is None:
            continue
        height_px, width_px = image.shape[:2]
        try:
            models = camera_models(camera.intrinsics, width_px, height_px)
        except CalibrationError:
            continue
        refined = Rotation.from_quat(landmarks.nominal_from_refined[number])
        pairs = list(_pairs(landmarks, keyframes, rows))
        tolerance = _MAX_ERROR_PX / models.given.focal_px
        if found := contradiction(pairs, camera.base_from_camera, refined, models, tolerance):
            warnings.append(f"Camera '{camera.name}': {found.text}")
    return warnings


def _pairs(landmarks: Landmarks, keyframes: Keyframes, rows: IntArray) -> Iterator[PosedPair]:
    """Yield the matches of successive keyframes of one camera and session."""
    follows = keyframes.sessions[rows[1:]] == keyframes.sessions[rows[:-1]]
    steps = np.linalg.norm(np.diff(keyframes.poses[rows, :3], axis=0), axis=1)
    usable = np.flatnonzero(follows & (steps >= _MIN_BASELINE_M))
    for place in usable[evenly(len(usable), _MAX_PAIRS)] if len(usable) else usable:
        a, b = int(rows[place]), int(rows[place + 1])
        layer = landmarks.layers[0]
        first, second = layer.features(a), layer.features(b)
        i, j = mutual_matches(first, second, _RATIO)
        if len(i) >= _MIN_PAIR:
            poses = keyframes.pose(a), keyframes.pose(b)
            yield PosedPair(*poses, first.points_px[i], second.points_px[j])


def contradiction(
    pairs: list[PosedPair],
    extrinsics: Pose,
    refined: Rotation,
    models: CameraModels,
    tolerance: float,
) -> Contradiction | None:
    """Return what the matches contradict; None where they contradict nothing.

    Args:
        pairs: matches of a camera's images, with the poses of the base.
        extrinsics: ``base_from_camera``.
        refined: rotation of the refined camera in the nominal one.
        models: as of ``camera_models``.
        tolerance: largest epipolar error, in units of the focal length.
    """
    matches = sum(len(pair.first_px) for pair in pairs)
    rays = _rays(pairs, models.given)
    rigid = sum(count_essential_inliers(*both, tolerance) for both in rays)
    if matches < _MIN_MATCHES or rigid < _MIN_RIGID * matches:
        return None

    def explained(turn: Rotation, seen: list[tuple[FloatArray, FloatArray]]) -> float:
        camera = extrinsics @ Pose(np.zeros(3), turn)
        agreeing = [
            _agreeing_matches(pair, camera, *both, tolerance)
            for pair, both in zip(pairs, seen, strict=True)
        ]
        return sum(agreeing) / rigid

    def most_explained(model: CameraModel) -> float:
        seen = _rays(pairs, model)
        return max(explained(turn, seen) for turn in (refined, Rotation.identity()))

    nominal = most_explained(models.given)
    if nominal >= _ALL_EXPLAINED:
        return None
    turns = Rotation.create_group('O')
    shares = [explained(turn, rays) for turn in turns]
    best = int(np.argmax(shares))
    found = (
        f'of the features that neighbouring images share, poses, extrinsics and camera model '
        f'explain {min(nominal, 1):.0%}'
    )
    if shares[best] >= max(_MIN_EXPLAINED, _BETTER_ROTATION * nominal):
        return Contradiction(
            'optical frame',
            f'{found}; a camera {_turned(turns[best])} would explain {min(shares[best], 1):.0%}: '
            'is the frame of its images an optical one, z forward?',
        )
    flipped = [(first * _MIRROR, second * _MIRROR) for first, second in rays]
    mirrored = max(explained(turn, flipped) for turn in (Rotation.identity(), _UPSIDE_DOWN))
    if mirrored >= max(_MIN_EXPLAINED, _BETTER_ROTATION * nominal):
        return Contradiction(
            'mirrored images',
            f'{found}, and mirrored images {min(mirrored, 1):.0%}: switch the mirroring of the '
            'driver off.',
        )
    wide = max(map(most_explained, models.wide), default=0.0)
    rectified = max(map(most_explained, models.rectified), default=0.0)
    if max(wide, rectified) >= max(_MIN_EXPLAINED, _BETTER_MODEL * nominal):
        return Contradiction('camera model', f'{found}, and {other_model(wide, rectified)}')
    if nominal < _MIN_EXPLAINED:
        return Contradiction(
            'image geometry',
            f'{found}: check the poses and their stamps, camera_info and the extrinsics; is the '
            'frame of its images an optical one, z forward?',
        )
    return None


def _rays(pairs: list[PosedPair], model: CameraModel) -> list[tuple[FloatArray, FloatArray]]:
    return [(model.rays(pair.first_px), model.rays(pair.second_px)) for pair in pairs]


def _agreeing_matches(
    pair: PosedPair,
    base_from_camera: Pose,
    first: FloatArray,
    second: FloatArray,
    tolerance: float,
) -> int:
    """Return how many matches satisfy the epipolar geometry of poses and extrinsics."""
    map_from_first = pair.map_from_first @ base_from_camera
    map_from_second = pair.map_from_second @ base_from_camera
    first_from_second = map_from_first.inverse() @ map_from_second
    moved_m = first_from_second.translation_m
    direction = moved_m / max(float(np.linalg.norm(moved_m)), 1e-9)
    turn = first_from_second.rotation
    essential = skew_matrices(direction[np.newaxis])[0] @ turn.as_matrix()
    errors = np.abs(sampson_distances(essential, second, first))
    # Depths by the rays' shortest connection; of parallel rays they are not known.
    a = np.column_stack([first, np.ones(len(first))])
    b = turn.apply(np.column_stack([second, np.ones(len(second))]))
    cross = np.cross(a, b)
    behind = (np.cross(direction, b) * cross).sum(axis=1) < 0
    behind |= (np.cross(direction, a) * cross).sum(axis=1) < 0
    parallel = (cross**2).sum(axis=1) < (tolerance**2)
    return int(((errors <= tolerance) & (parallel | ~behind)).sum())


def _turned(turn: Rotation) -> str:
    """Return how a camera is turned against its nominal extrinsics, in words."""
    if (turn * _BODY_FROM_OPTICAL.inv()).magnitude() < 0.1:
        return 'looking along x of that frame'
    vector = turn.as_rotvec(degrees=True)
    if np.linalg.norm(vector[:2]) < 1:
        return f'turned by {abs(vector[2]):.0f} degrees about its optical axis'
    axis = 'xyz'[int(np.abs(turn.as_matrix()[:, 2]).argmax())]
    return f'looking along {axis} of that frame or against it'
