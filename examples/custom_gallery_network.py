# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Describe a gallery with your own network, and train a query network for it.

``TinyImages`` stands for your network: it has a name and describes images by unit vectors.

python examples/custom_gallery_network.py FOLDER MAP [--steps N]
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
import sys
from typing import Any

import cv2
import numpy as np

from avpr_ros import build_map, train_query_network
from avpr_ros.gallery.descriptor_space import DescriptorSpace

SIDE_PX = 8


class TinyImages:
    """A grey image of 8 x 8 pixels without its mean, as a unit vector of 64 numbers.

    Attributes:
        network: name of the network; part of the descriptor space.
    """

    network = 'tiny-images'

    def describe_gallery(
        self,
        images: Callable[[], Iterable[np.ndarray]],
        count: int,
        progress: Callable[[str, int, int], None],
    ) -> tuple[DescriptorSpace, np.ndarray]:
        """Describe all images of a gallery.

        Args:
            images: each call iterates over the same images, (H, W, 3) uint8 RGB.
            count: number of images.
            progress: called with stage, done and total.

        Returns:
            The descriptor space and (count, 64) float32 rows of length 1.
        """
        rows = np.empty((count, SIDE_PX**2), np.float32)
        for row, image in enumerate(images()):
            rows[row] = self.describe(image)
            progress('describing', row + 1, count)
        # Arrays that the space depends on, such as a projection, are part of its hash.
        arrays: dict[str, Any] = {'side_px': np.array([SIDE_PX])}
        return DescriptorSpace.create(self.network, rows.shape[1], SIDE_PX, arrays), rows

    def describe(self, image: np.ndarray) -> np.ndarray:
        """Return the (64,) float32 descriptor of an image."""
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        vector = small.astype(np.float32).ravel()
        vector -= vector.mean()
        vector[0] += 1e-6  # an image of one grey level has a descriptor, too
        return vector / np.linalg.norm(vector)


def main(arguments: list[str] | None = None) -> int:
    """Build a map with ``TinyImages`` and train the query network ``fast`` for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path, help='images and poses.csv, or a bag')
    parser.add_argument('map', type=Path, help='folder of the map, which must not exist yet')
    parser.add_argument('--steps', type=int, help='optimiser steps; by default from the map')
    options = parser.parse_args(arguments)
    gallery = build_map(options.folder, options.map, network=TinyImages(), min_distance_m=0.5)
    network = options.map.with_suffix('.onnx')
    train_query_network(gallery, network, query_network='fast', steps=options.steps)
    space = gallery.manifest.descriptor_space
    print(f'{options.map}: {len(gallery)} keyframes in the space of {space.network}')
    print(f'{network}: query network for it')
    return 0


if __name__ == '__main__':
    sys.exit(main())
