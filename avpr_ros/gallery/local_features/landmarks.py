# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Local features of the map's keyframes, with their points in space and thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import open_npz
from avpr_ros.gallery.file_array import StoredArray
from avpr_ros.gallery.local_features.false_positive_floor import FalsePositiveFloor
from avpr_ros.gallery.local_features.feature_layer import FeatureLayer
from avpr_ros.gallery.local_features.features import KINDS, Features
from avpr_ros.storage.open_file import FileSource
from avpr_ros.storage.reading import reading

#: Largest difference of a quaternion's length from 1.
_UNIT = 1e-3


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Features of all keyframes, of one or more kinds.

    Attributes:
        layers: one of each kind; those that recognise places are the first.
        nominal_from_refined: (C, 4) float64 quaternions x y z w, the rotation of each camera of
            the map against its nominal extrinsics.
        background_llr: see ``FalsePositiveFloor``, in nats.
        min_accumulated_llr: likewise.
        min_single_image_llr: likewise.
        covariance_scale: factor on the covariance of poses, see ``mapping.pose_consistency``.
        first_kind_floor: thresholds on the log-likelihood ratio by the first kind alone, where
            there are several kinds.
    """

    layers: tuple[FeatureLayer, ...]
    nominal_from_refined: FloatArray
    background_llr: float = 0.0
    min_accumulated_llr: float = np.inf
    min_single_image_llr: float = np.inf
    covariance_scale: float = 1.0
    first_kind_floor: FalsePositiveFloor | None = None

    @classmethod
    def without_points(cls, features: Sequence[Sequence[Features]], cameras: int) -> Landmarks:
        """Store the features of keyframes, without points and thresholds.

        Args:
            features: of each kind, those of the N keyframes in the order of their rows; a kind
                has one keyframe at least.
            cameras: number C of cameras.
        """
        layers = (FeatureLayer.from_features(images, images[0].kind) for images in features)
        return cls(tuple(layers), np.tile([0.0, 0.0, 0.0, 1.0], (cameras, 1)))

    def __len__(self) -> int:
        return len(self.layers[0])

    @property
    def floor(self) -> FalsePositiveFloor:
        """Thresholds on the log-likelihood ratio of a place."""
        return FalsePositiveFloor(
            self.background_llr, self.min_accumulated_llr, self.min_single_image_llr
        )

    @property
    def recognition_layers(self) -> tuple[FeatureLayer, ...]:
        """The layers of the kinds that recognise places; the others give poses alone."""
        return tuple(layer for layer in self.layers if layer.weight > 0)

    @property
    def measurable(self) -> bool:
        """Whether poses can be estimated: some features have points in space."""
        return any(layer.measurable for layer in self.layers)

    def features(self, row: int) -> tuple[Features, ...]:
        """Return a keyframe's features, of each kind."""
        return tuple(layer.features(row) for layer in self.layers)

    def save(self, path: Path) -> None:
        """Write an npz file, without pickle; only whole columns can be mapped from it again."""
        columns = {
            name: column for layer in self.layers for name, column in layer.columns().items()
        }
        if (first := self.first_kind_floor) is not None:
            columns['first_kind'] = np.array(astuple(first))
        columns['turns'] = np.ascontiguousarray(self.nominal_from_refined)
        columns['numbers'] = np.array(
            [
                self.background_llr,
                self.min_accumulated_llr,
                self.min_single_image_llr,
                self.covariance_scale,
            ]
        )
        np.savez(path, **columns)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: FileSource, keyframes: int, cameras: int) -> Landmarks:
        """Read what ``save`` wrote.

        Args:
            path: the file.
            keyframes: how many the map has.
            cameras: how many it has of these.

        Raises:
            MapError: unreadable, of another type, of an unknown kind of features, or of another
                number of keyframes.
        """
        with reading(path, MapError, 'build the map again'):
            columns = open_npz(path)
            numbers, rotations = np.asarray(columns['numbers']), np.asarray(columns['turns'])
            names = [n.removesuffix('_offsets') for n in columns if n.endswith('_offsets')]
            if unknown := sorted(set(names) - set(KINDS)):
                raise MapError(
                    f"{path} has local features of kind '{unknown[0]}', this version knows "
                    f'{", ".join(KINDS)}; install a newer avpr_ros or build the map again'
                )
            if numbers.shape != (4,) or not names:
                # Of another definition of the log-likelihood ratio.
                raise MapError(f'{path} is of an older version of avpr_ros; build the map again')
            layers = tuple(FeatureLayer.from_columns(columns, KINDS[name]) for name in names)
            first = _first_kind_floor(columns)
            background, accumulated, single, scale = numbers.tolist()
            landmarks = cls(layers, rotations, background, accumulated, single, scale, first)
            sound = (
                all(layer.sound(keyframes) for layer in layers)
                and layers[: len(landmarks.recognition_layers)] == landmarks.recognition_layers
                and layers[0].weight > 0
                and rotations.shape == (cameras, 4)
                and rotations.dtype == np.float64
                and bool((np.abs(np.linalg.norm(rotations, axis=1) - 1) < _UNIT).all())
                and landmarks.background_llr >= 0
                and landmarks.min_accumulated_llr > 0
                and landmarks.min_single_image_llr > 0
                and landmarks.covariance_scale >= 1
            )
        if not sound:
            raise MapError(f'{path} is not of the {keyframes} keyframes; build the map again')
        return landmarks


def _first_kind_floor(columns: Mapping[str, StoredArray]) -> FalsePositiveFloor | None:
    if 'first_kind' not in columns:
        return None
    numbers = np.asarray(columns['first_kind'])
    if numbers.shape != (3,) or not (numbers >= (0, 1e-9, 1e-9)).all():
        raise ValueError(f'thresholds of the first kind of features are {numbers.tolist()}')
    return FalsePositiveFloor(*numbers.tolist())
