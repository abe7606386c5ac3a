# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Cost of the decision next to that of the query network, in a map of ten thousand keyframes.

Needs ``../shared/data``; maps and networks are made once, in ``build/onboard``. One process, one
thread, by its processor time: what else the machine does moves the clock more.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
import shutil
import time

import cv2
import numpy as np

from avpr_ros.gallery.gallery_map import HOG, LANDMARKS, GalleryMap
from avpr_ros.gallery.local_features.landmarks import Landmarks
from avpr_ros.localization.recognizer import Recognizer
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.mapping.map_contents import build_hog_descriptors
from avpr_ros.poses import Pose
from avpr_ros.profiling import collect_stage_times
from avpr_ros.storage.files import atomic_folder
from avpr_ros.verification.sift import extract_features
from benchmarks.results import Row, print_table, require_data, write_results
from benchmarks.robot.maps import KEYFRAMES, large_map
from benchmarks.robot.walks import WALKS, WORK, Walk, map_of, query_of, read_image

#: What is switched on; ``min_similarity`` and ``min_ratio`` let pass what can, so that the
#: checks behind them have work, too.
_PASSING = MatchSettings(use_landmarks=False, min_similarity=-1.0, min_ratio=1.0)
METHODS: dict[str, MatchSettings] = {
    'single': replace(_PASSING, temporal_filter='none', use_odometry=False),
    'agree_odometry': _PASSING,
    'filter': replace(_PASSING, temporal_filter='bayes', use_odometry=False),
    'filter_odometry': replace(_PASSING, temporal_filter='bayes'),
    'all_landmarks': replace(_PASSING, use_landmarks=True),
}
#: Images before those that count.
_WARM_UP = 20
#: Keyframes whose local features stand for those of all others, in turn.
_REAL_KEYFRAMES = 200
#: At 2 m/s, the highest speed by default.
_SECONDS_A_METRE = 0.6
NOTE = (
    "Processor time of one thread, medians. decision_ms is the matcher's step without search and "
    'local features; decision_ratio is its share of the query network with its resize. '
    'The keyframes are mixtures of three real descriptors, the local features those of {real} '
    'real keyframes in turn, the HOG descriptors those of all real ones; '
    'queries are every fourth winter image of nordland, with odometry of one metre a frame. '
    'Geometric verification and poses are not in here: these images are too small for them, '
    'metric_pose.py times them. The machine was shared.'
)


def decision_map(walk: Walk, real: GalleryMap) -> GalleryMap:
    """Return the large map with landmarks and HOG descriptors, made if it is not there."""
    folder = WORK / 'map-decision'
    if not folder.exists():
        images = walk.gallery_images()
        step = max(1, len(images) // _REAL_KEYFRAMES)
        some = [extract_features(read_image(path)) for path in images[::step]]
        features = [some[row % len(some)] for row in range(KEYFRAMES)]
        bare = Landmarks.without_points([features], len(real.manifest.cameras))
        layout = build_hog_descriptors(real)
        with atomic_folder(folder) as draft:
            shutil.copytree(large_map(real), draft, dirs_exist_ok=True)
            # Thresholds below any likelihood ratio, so that the later checks have work.
            replace(bare, min_accumulated_llr=1e-6, min_single_image_llr=1e-6).save(
                draft / LANDMARKS
            )
            rows = layout.rows[np.arange(KEYFRAMES) % len(real)]
            replace(layout, rows=rows).save(draft / HOG)
            manifest = GalleryMap.open(draft).manifest
            manifest.sealed(draft, [*manifest.files, LANDMARKS, HOG]).save(draft)
    return GalleryMap.open(folder, verify=False)


def cost(recognizer: Recognizer, walk: Walk, count: int) -> Row:
    """Send a drive with odometry through a recogniser; return the median of each stage."""
    images = [read_image(path) for path in walk.query_images()[: count + _WARM_UP]]
    recorded: list[Mapping[str, float]] = []
    accepted = 0
    for number, image in enumerate(images):
        metres = float(walk.query_step * number)
        odometry = Pose.from_xy_yaw(0.0, metres, np.pi / 2)
        stamp_ns = int(1e9 * (1000 + _SECONDS_A_METRE * metres))
        with collect_stage_times(time.thread_time) as stages_s:
            result = recognizer.recognize(image, stamp_ns, 'camera', odometry)
        recorded.append(stages_s)
        accepted += result.accepted and number >= _WARM_UP
    counted = recorded[_WARM_UP:]

    def median_ms(*names: str) -> float:
        return 1e3 * float(np.median([sum(s.get(n, 0.0) for n in names) for s in counted]))

    network_ms, decision_ms = median_ms('preprocess', 'network'), median_ms('decision')
    return {
        'queries': len(counted),
        'accepted': accepted,
        'network_ms': network_ms,
        'search_ms': median_ms('search'),
        'decision_ms': decision_ms,
        'decision_ratio': decision_ms / network_ms,
    }


def main() -> None:
    """Measure every method, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='few images, the small set')
    options = parser.parse_args()
    cv2.setNumThreads(1)
    walk = WALKS[0 if options.quick else 1]
    require_data(walk.name)
    real = map_of(walk.name, walk.gallery_images())
    query = query_of(walk.name, real)
    gallery = decision_map(walk, real)
    rows: list[Row] = []
    for method, settings in METHODS.items():
        recognizer = Recognizer.of_map(gallery, query, settings)
        found = cost(recognizer, walk, 40 if options.quick else 600)
        rows.append({'set': f'{walk.name}_{KEYFRAMES}', 'method': method, **found})
    print_table(rows, 'Decision and query network')
    write_results('decision', rows, quick=options.quick, note=NOTE.format(real=_REAL_KEYFRAMES))


if __name__ == '__main__':
    main()
