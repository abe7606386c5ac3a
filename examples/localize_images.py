# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recognise the place of single images; needs neither ROS nor torch.

python examples/localize_images.py MAP IMAGE [IMAGE ...] [--query QUERY_NETWORK]

Without a query network the one in the map is used, which those of embedded-fixed hold.
"""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

import cv2

from avpr_ros import AvprError, PlaceRecognizer


def main(arguments: list[str] | None = None) -> int:
    """Print one line for each image; return 0, or 2 with a message."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('map', type=Path)
    parser.add_argument('images', type=Path, nargs='+')
    parser.add_argument('--query', type=Path)
    options = parser.parse_args(arguments)
    try:
        recognizer = PlaceRecognizer.open(options.map, options.query)
    except AvprError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    for path in options.images:
        bgr = cv2.imread(str(path))
        if bgr is None:
            print(f'{path}: cannot be read as an image')
            continue
        result = recognizer.recognize(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))
        if result.pose is None:
            print(f'{path}: rejected, {result.reason.value}: {result.text}')
            continue
        x_m, y_m, z_m = result.pose.translation_m
        keyframe = result.candidates[0].keyframe_id
        print(f'{path}: x {x_m:.2f} m, y {y_m:.2f} m, z {z_m:.2f} m, keyframe {keyframe}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
