# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One picture of an image and the keyframe it was matched with."""

from __future__ import annotations

import textwrap

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage

HEIGHT_PX = 240
_LINES = 2
_LINE_PX = 20
_LETTER_PX = 8
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_GREEN_RGB, _RED_RGB = (20, 110, 50), (150, 30, 30)


def match_picture(
    image: RgbImage, keyframe: RgbImage | None, accepted: bool, text: str
) -> RgbImage:
    """Return one picture of both; grey stands for a keyframe without a thumbnail.

    Args:
        image: (H, W, 3) the live one.
        keyframe: (h, w, 3) the matched one; None where the map on this robot has none.
        accepted: green below, else red.
        text: the decision in words.
    """
    left = _of_height(image)
    right = np.full_like(left, 90) if keyframe is None else _of_height(keyframe)
    width = left.shape[1] + right.shape[1]
    strip = np.empty((_LINES * _LINE_PX + 8, width, 3), np.uint8)
    strip[:] = _GREEN_RGB if accepted else _RED_RGB
    # OpenCV's letters are those of ASCII.
    plain = text.encode('ascii', 'replace').decode('ascii')
    for number, line in enumerate(textwrap.wrap(plain, max(width // _LETTER_PX, 1))[:_LINES]):
        place = (6, (number + 1) * _LINE_PX - 4)
        cv2.putText(strip, line, place, _FONT, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return np.vstack([np.hstack([left, right]), strip])


def _of_height(image: RgbImage) -> RgbImage:
    height, width = image.shape[:2]
    size = (max(1, round(width * HEIGHT_PX / height)), HEIGHT_PX)
    kind = cv2.INTER_AREA if height > HEIGHT_PX else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, size, interpolation=kind), dtype=np.uint8)
