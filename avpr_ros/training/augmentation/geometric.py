# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Geometric augmentation: lateral offset, slope and other extrinsics of the camera."""

from __future__ import annotations

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage


def warp(
    image: RgbImage,
    size_px: int,
    rng: np.random.Generator,
    *,
    zoom: float,
    shift: float,
    rotation_rad: float,
    perspective: float,
) -> RgbImage:
    """Look at the image through a random quadrilateral, squashed to a square.

    Args:
        image: (H, W, 3).
        size_px: side of the result.
        rng: source of randomness.
        zoom: the window's sides are 1 - zoom to 1 of the image's, each by itself.
        shift: the window's centre moves by up to this share of the image beyond where it fits;
            what lies outside the image is mirrored in.
        rotation_rad: largest rotation in both directions.
        perspective: each corner moves by up to this share of the image.

    Returns:
        (size_px, size_px, 3) uint8.
    """
    height, width = image.shape[:2]
    sides = 1 - zoom * rng.random(2)
    centre = 0.5 + ((1 - sides) / 2 + shift) * rng.uniform(-1, 1, 2)
    angle = rotation_rad * rng.uniform(-1, 1)
    corners = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * sides
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    corners = corners @ turn.T + centre + perspective * rng.uniform(-1, 1, (4, 2))
    window = (corners * [width, height]).astype(np.float32)
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=np.float32) * size_px
    matrix = cv2.getPerspectiveTransform(window, square)
    warped = cv2.warpPerspective(
        image,
        matrix,
        (size_px, size_px),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(warped, dtype=np.uint8)


def occlude(image: RgbImage, rng: np.random.Generator, largest: float) -> RgbImage:
    """Put one box of a random colour in front, as a person or a car would stand there.

    Args:
        image: (H, W, 3), left as it is.
        rng: source of randomness.
        largest: largest share of the width and of the height that the box takes.
    """
    height, width = image.shape[:2]
    box_h, box_w = (largest * rng.random(2) * [height, width]).astype(int)
    top, left = rng.integers(0, height - box_h + 1), rng.integers(0, width - box_w + 1)
    covered = image.copy()
    colour = rng.integers(0, 256, 3)
    texture = rng.normal(0, 12, (box_h, box_w, 1))
    covered[top : top + box_h, left : left + box_w] = np.clip(colour + texture, 0, 255)
    return covered
