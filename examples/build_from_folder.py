# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Build a map from a folder of images with ``poses.csv``, and train its query network.

python examples/build_from_folder.py FOLDER MAP [--steps N]
"""

from __future__ import annotations

import argparse
from pathlib import Path
import sys

from avpr_ros import AvprError, build_map, train_query_network


def main(arguments: list[str] | None = None) -> int:
    """Build and train; return 0, or 2 with a message."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path, help='images and poses.csv, or a bag')
    parser.add_argument('map', type=Path, help='folder of the map, which must not exist yet')
    parser.add_argument('--steps', type=int, help='optimiser steps; by default from the map')
    options = parser.parse_args(arguments)
    network = options.map.with_suffix('.onnx')
    try:
        gallery = build_map(options.folder, options.map, min_distance_m=0.5)
        result = train_query_network(gallery, network, steps=options.steps)
    except AvprError as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    held_out = result.manifest.training['held_out']['after']
    print(f'{options.map}: {len(gallery)} keyframes, see {options.map / "report.html"}')
    print(f'{network}: recall@1 of held-out views {held_out["recall_at_1"]:.3f}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
