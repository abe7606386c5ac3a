# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""HOG descriptors of the keyframes, projected: they change little with season and light."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.array_files import read_npz
from avpr_ros.storage.open_file import FileSource
from avpr_ros.storage.reading import reading

#: The image is scaled to this width and height, and described in blocks that overlap by half.
_SIZE_PX, _BLOCK_PX, _CELL_PX, _BINS = (64, 32), (8, 8), (4, 4), 9
#: Dimension of the projected descriptor, two bytes a number.
_DIM = 128
#: Shrinkage of the whitening, in mean variances.
_SHRINKAGE = 10.0
#: Keyframes that the projection is fitted to, an even sample of the map.
_MAX_FITTED = 1000

_HOG = cv2.HOGDescriptor(_SIZE_PX, _BLOCK_PX, _CELL_PX, _CELL_PX, _BINS)


def hog_descriptor(image: RgbImage) -> NDArray[np.float32]:
    """Compute the histograms of oriented gradients of a whole image (Dalal & Triggs, CVPR 2005).

    Args:
        image: (H, W, 3) uint8 RGB.

    Returns:
        (3780,) float32.
    """
    grey = cv2.resize(
        cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), _SIZE_PX, interpolation=cv2.INTER_AREA
    )
    return np.asarray(_HOG.compute(grey), dtype=np.float32).ravel()


@dataclass(frozen=True, eq=False)
class HogDescriptors:
    """HOG descriptors of a map's keyframes after whitening PCA.

    Attributes:
        mean: (D,) of all keyframes.
        basis: (D, k) float32 principal directions, scaled for whitening.
        rows: (N, k) float16, one row a keyframe, not of length 1.
    """

    mean: NDArray[np.float32]
    basis: NDArray[np.float32]
    rows: NDArray[np.float16]

    @classmethod
    def fit(cls, descriptors: NDArray[np.float32]) -> HogDescriptors:
        """Fit the projection to (N, D) ``hog_descriptor`` of all keyframes and apply it."""
        mean = descriptors.mean(axis=0)
        some = (
            np.linspace(0, len(descriptors) - 1, min(_MAX_FITTED, len(descriptors)))
            .round()
            .astype(int)
        )
        _, lengths, directions = np.linalg.svd(descriptors[some] - mean, full_matrices=False)
        variances = np.square(lengths) / len(some)
        floor = _SHRINKAGE * max(float(variances.mean()), 1e-6)
        scales = 1 / np.sqrt(variances[:_DIM] + floor)
        basis = np.ascontiguousarray((directions[:_DIM].T * scales).astype(np.float32))
        return cls(mean, basis, ((descriptors - mean) @ basis).astype(np.float16))

    def project(self, image: RgbImage) -> FloatArray:
        """Return the (k,) projected descriptor of an image, comparable with ``rows``."""
        return np.asarray((hog_descriptor(image) - self.mean) @ self.basis, dtype=np.float64)

    def save(self, path: Path) -> None:
        """Write an npz file, without pickle."""
        np.savez(path, mean=self.mean, basis=self.basis, rows=self.rows)

    @classmethod
    def load(cls, path: FileSource, count: int) -> HogDescriptors:
        """Read what ``save`` wrote.

        Args:
            path: the file.
            count: keyframes of the map.

        Raises:
            MapError: unreadable, of other keyframes, or not finite.
        """
        with reading(path, MapError, 'build the map again'):
            arrays = read_npz(path)
            mean, basis, rows = (arrays[name] for name in ('mean', 'basis', 'rows'))
        kinds = [str(part.dtype) for part in (mean, basis, rows)]
        dim = basis.shape[-1] if basis.ndim else 0
        if (
            kinds != ['float32', 'float32', 'float16']
            or (mean.shape, basis.shape, rows.shape)
            != ((_HOG.getDescriptorSize(),), (_HOG.getDescriptorSize(), dim), (count, dim))
            or not all(np.isfinite(part).all() for part in (mean, basis, rows))
        ):
            raise MapError(
                f'{path} is not of {count} keyframes: {basis.shape} and {rows.shape}; build the '
                'map again'
            )
        return cls(mean, basis, rows)
