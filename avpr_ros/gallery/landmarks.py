# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Local features of the map's keyframes, with their points in space."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import map_npz
from avpr_ros.gallery.false_positive_floor import FalsePositiveFloor
from avpr_ros.gallery.local_features import WIDTH, Features


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Features of all keyframes, one after the other; of a map on disk, mapped into memory.

    Attributes:
        offsets: (N + 1,) int64; keyframe row r has the features ``offsets[r]`` to
            ``offsets[r + 1]``.
        points_px: (F, 2) float32, in pixels of the keyframe's image.
        descriptors: (F, 128) uint8.
        points_m: (F, 3) float32 in the map frame; NaN where only the image is known.
        nominal_from_refined: (C, 4) float64 quaternions x y z w, the rotation of each camera of
            the map against its nominal extrinsics.
        background_llr: see ``FalsePositiveFloor``, in nats.
        min_accumulated_llr: likewise.
        min_single_image_llr: likewise.
        covariance_scale: factor on the covariance of poses, see ``mapping.pose_consistency``.
    """

    offsets: IntArray
    points_px: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    points_m: NDArray[np.float32]
    nominal_from_refined: FloatArray
    background_llr: float
    min_accumulated_llr: float
    min_single_image_llr: float
    covariance_scale: float

    @classmethod
    def without_points(cls, features: list[Features], cameras: int) -> Landmarks:
        """Store the features of N keyframes, in the order of their rows; C cameras."""
        counts = [len(image) for image in features]
        points = [np.zeros((0, 2), np.float32), *(image.points_px for image in features)]
        descriptors = [np.zeros((0, WIDTH), np.uint8), *(image.descriptors for image in features)]
        return cls(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            np.concatenate(points),
            np.concatenate(descriptors),
            np.full((sum(counts), 3), np.nan, np.float32),
            np.tile([0.0, 0.0, 0.0, 1.0], (cameras, 1)),
            0.0,
            np.inf,
            np.inf,
            1.0,
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def floor(self) -> FalsePositiveFloor:
        """Thresholds on the log-likelihood ratio of a place."""
        return FalsePositiveFloor(
            self.background_llr, self.min_accumulated_llr, self.min_single_image_llr
        )

    @property
    def measurable(self) -> bool:
        """Whether poses can be estimated: some of a thousand features have points in space."""
        some = self.points_m[:: max(1, len(self.points_m) // 1000), 0]
        return bool(np.isfinite(some).any())

    def feature_slice(self, row: int) -> slice:
        """Return the slice of a keyframe's features."""
        return slice(int(self.offsets[row]), int(self.offsets[row + 1]))

    def features(self, row: int) -> Features:
        """Return a keyframe's features."""
        where = self.feature_slice(row)
        return Features(self.points_px[where], self.descriptors[where])

    def save(self, path: Path) -> None:
        """Write an npz file, without pickle: 148 bytes a feature."""
        columns: dict[str, NDArray[Any]] = {
            'offsets': self.offsets,
            'points_px': self.points_px,
            'descriptors': self.descriptors,
            'points_m': self.points_m,
            'turns': self.nominal_from_refined,
            'numbers': np.array(
                [
                    self.background_llr,
                    self.min_accumulated_llr,
                    self.min_single_image_llr,
                    self.covariance_scale,
                ]
            ),
        }
        # Only rows that lie one after the other can be mapped from the file again.
        columns = {name: np.ascontiguousarray(column) for name, column in columns.items()}
        np.savez(path, **columns)  # type: ignore[arg-type]

    @classmethod
    def load(cls, path: Path, keyframes: int, cameras: int) -> Landmarks:
        """Read what ``save`` wrote.

        Args:
            path: the file.
            keyframes: how many the map has.
            cameras: how many it has of these.

        Raises:
            MapError: unreadable, of another type, or of another number of keyframes.
        """
        try:
            columns = map_npz(path)
            numbers, rotations = columns.pop('numbers'), columns.pop('turns')
            if numbers.shape != (4,):
                # Thresholds of another definition of the log-likelihood ratio.
                raise MapError(f'{path} is of an older version of avpr_ros; build the map again')
            background, accumulated, single, scale = numbers.tolist()
            landmarks = cls(
                **columns,
                nominal_from_refined=rotations,
                background_llr=background,
                min_accumulated_llr=accumulated,
                min_single_image_llr=single,
                covariance_scale=scale,
            )
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise MapError(f'{path} cannot be read ({error}); build the map again') from error
        landmarks._check(path, keyframes, cameras)
        return landmarks

    def _check(self, path: Path, keyframes: int, cameras: int) -> None:
        count = len(self.descriptors)
        steps = np.diff(self.offsets)
        sound = (
            self.offsets.shape == (keyframes + 1,)
            and self.offsets[0] == 0
            and self.offsets[-1] == count
            and bool((steps >= 0).all())
            and self.points_px.shape == (count, 2)
            and self.descriptors.shape == (count, WIDTH)
            and self.descriptors.dtype == np.uint8
            and self.points_m.shape == (count, 3)
            and self.nominal_from_refined.shape == (cameras, 4)
            and self.background_llr >= 0
            and self.min_accumulated_llr > 0
            and self.min_single_image_llr > 0
            and self.covariance_scale >= 1
        )
        if not sound:
            raise MapError(f'{path} is not of the {keyframes} keyframes; build the map again')
