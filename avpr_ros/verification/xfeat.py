# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""XFeat features of an image, with ONNX Runtime."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
import onnxruntime

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.errors import MapError
from avpr_ros.gallery.local_features.features import XFEAT, FeatureKind, Features
from avpr_ros.onnx_options import open_session, run_session
from avpr_ros.storage.open_file import OpenFile, opened
from avpr_ros.storage.reading import reading, reason

#: Names in the ONNX file: grey image in; descriptors, keypoint probabilities, reliabilities out.
INPUT = 'image'
OUTPUTS = 'descriptors', 'keypoints', 'reliability'
#: Images are scaled to this longer side: at 480 fewer places are recognised at night.
WORKING_PX = 640
#: Smaller ones are enlarged by at most this factor. The descriptors lie 8 px apart: in images of
#: 320 px that is too far to tell keypoints apart by night, and too coarse for poses by day.
_MOST_ENLARGED = 2.0
#: Features of an image, at most; the strongest are kept.
MAX_FEATURES = 700
#: Sides of the network's input are multiples of this; its descriptors lie this far apart.
_STEP_PX, _CELL_PX = 32, 8
#: Least probability of a keypoint, and the square in which there is no other.
_MIN_PROBABILITY, _SUPPRESSION_PX = 0.05, 5


class XFeatExtractor:
    """Extracts XFeat features (Potje et al., CVPR 2024); see ``FeatureExtractor``."""

    def __init__(self, session: onnxruntime.InferenceSession) -> None:
        self._session = session

    @classmethod
    def open(cls, source: str | os.PathLike[str] | OpenFile, threads: int = 1) -> XFeatExtractor:
        """Open the ONNX file of a map.

        Args:
            source: the file that ``avpr build`` wrote.
            threads: that one inference may use.

        Raises:
            MapError: ONNX Runtime cannot load it, or it is another network.
        """
        path = source if isinstance(source, OpenFile) else Path(source)
        with reading(path, MapError, 'build the map again'):
            session = open_session(opened(path).read(), threads)
        names = [value.name for value in (*session.get_inputs(), *session.get_outputs())]
        if names != [INPUT, *OUTPUTS]:
            raise MapError(f'{path} has inputs and outputs {names}; build the map again')
        return cls(session)

    @property
    def kind(self) -> FeatureKind:
        """See ``FeatureExtractor``."""
        return XFEAT

    @property
    def working_px(self) -> int:
        """See ``FeatureExtractor``."""
        return WORKING_PX

    def extract(self, image: RgbImage, field: float = 1.0) -> Features:
        """See ``FeatureExtractor``.

        Raises:
            MapError: ONNX Runtime cannot run the network.
        """
        grey = _grey(image, field)
        if grey is None:
            return Features.empty(XFEAT)
        try:
            found = run_session(self._session, OUTPUTS, {INPUT: grey[np.newaxis, np.newaxis]})
        # ONNX Runtime's exceptions derive from nothing narrower.
        except Exception as error:
            raise MapError(
                f'the network of the learned features cannot be run ({reason(error)}); build the '
                'map again'
            ) from error
        descriptors, keypoints, reliability = (np.asarray(value[0]) for value in found)
        columns, rows = _strongest(keypoints[0], reliability[0])
        vectors = _sample(descriptors, columns, rows)
        scale = np.array([image.shape[1] / grey.shape[1], image.shape[0] / grey.shape[0]])
        points_px = (np.stack([columns, rows], axis=1) + 0.5) * scale - 0.5
        return Features(points_px.astype(np.float32), XFEAT.quantise(vectors), XFEAT)


def _grey(image: RgbImage, field: float) -> NDArray[np.float32] | None:
    """Return the scaled grey image; None where there is nothing in it."""
    height, width = image.shape[:2]
    scale = min(_MOST_ENLARGED, field * WORKING_PX / max(height, width))
    size = [max(_STEP_PX, round(side * scale / _STEP_PX) * _STEP_PX) for side in (width, height)]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    if min(height, width) < _CELL_PX or grey.min() == grey.max():
        return None
    smaller = size[0] < width
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return grey.astype(np.float32)


def _strongest(
    keypoints: NDArray[np.float32], reliability: NDArray[np.float32]
) -> tuple[IntArray, IntArray]:
    """Return (K,) columns and rows of the local maxima, by probability times reliability."""
    square = np.ones((_SUPPRESSION_PX, _SUPPRESSION_PX), np.uint8)
    highest = cv2.dilate(keypoints, square)
    rows, columns = np.nonzero((keypoints == highest) & (keypoints > _MIN_PROBABILITY))
    height, width = keypoints.shape
    reliable = cv2.resize(reliability, (width, height), interpolation=cv2.INTER_LINEAR)
    order = np.argsort(-keypoints[rows, columns] * reliable[rows, columns], kind='stable')
    chosen = order[:MAX_FEATURES]
    return columns[chosen], rows[chosen]


def _sample(
    descriptors: NDArray[np.float32], columns: IntArray, rows: IntArray
) -> NDArray[np.float32]:
    """Return (K, 64) descriptors of length 1, by bilinear interpolation in (64, h, w) cells."""
    cells = np.ascontiguousarray(descriptors.transpose(1, 2, 0))
    last = np.array(cells.shape[:2]) - 1
    at = np.stack([rows, columns], axis=1) / _CELL_PX + (0.5 / _CELL_PX - 0.5)
    at = np.clip(at, 0, last)
    low = np.minimum(at.astype(np.int64), np.maximum(last - 1, 0))
    high = np.minimum(low + 1, last)
    part = (at - low).astype(np.float32)
    y, x = part[:, :1], part[:, 1:]
    upper = cells[low[:, 0], low[:, 1]] * (1 - x) + cells[low[:, 0], high[:, 1]] * x
    lower = cells[high[:, 0], low[:, 1]] * (1 - x) + cells[high[:, 0], high[:, 1]] * x
    vectors = upper * (1 - y) + lower * y
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-9), dtype=np.float32)
