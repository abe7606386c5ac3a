# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One method on one set in a process of its own: recall, time, memory, size of the map.

``python -m robot.method METHOD SET`` prints a row as JSON.
"""

from __future__ import annotations

from collections.abc import Callable
import json
import sys
import time
from typing import TypeAlias

import cv2
import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery import gallery_map
from avpr_ros.gallery.gallery_map import GalleryMap
from benchmarks.results import Row
from benchmarks.robot.search import _resident_mb
from benchmarks.robot.walks import HEAVY, LIGHT, WALKS, WORK, Walk, read_image

Find: TypeAlias = Callable[[RgbImage], int]
_WORDS = 500


def heavy_torch(walk: Walk) -> tuple[Find, int]:
    """The gallery network on both sides, in PyTorch, with a flat float32 index."""
    import faiss

    from avpr_ros.networks.registry import load_gallery_network

    gallery = GalleryMap.open(WORK / f'{walk.name}-{HEAVY}')
    network = load_gallery_network(gallery.space())
    rows = np.asarray(gallery.descriptors, dtype=np.float32)
    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(rows)
    size = int(rows.nbytes)
    return lambda image: int(index.search(network.describe([image]), 1)[1][0, 0]), size


def onnx_pair(walk: Walk, gallery_network: str, query: str) -> tuple[Find, int]:
    """A query network in ONNX Runtime against a map, as on a robot."""
    from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork

    gallery = GalleryMap.open(WORK / f'{walk.name}-{gallery_network}')
    network = OnnxQueryNetwork.open(WORK / query)
    size = sum(gallery.manifest.files[name].bytes for name in gallery_map.REQUIRED)

    def find(image: RgbImage) -> int:
        return int(gallery.index.search(network.describe(image)[np.newaxis], 1)[1][0, 0])

    return find, size


def sift_words(walk: Walk) -> tuple[Find, int]:
    """Bag of SIFT words of the mapping walk, OpenCV's trainer and extractor, cosine."""
    sift = cv2.SIFT.create(nfeatures=500, contrastThreshold=0.02)
    images = [_enlarged(read_image(path)) for path in walk.gallery_images()]
    trainer = cv2.BOWKMeansTrainer(_WORDS, (cv2.TERM_CRITERIA_COUNT, 10, 0.0), 1)
    for image in images[:: max(1, len(images) // 200)]:
        _, features = sift.detectAndCompute(image, None)
        if features is not None:
            trainer.add(features)
    extractor = cv2.BOWImgDescriptorExtractor(sift, cv2.BFMatcher())
    extractor.setVocabulary(trainer.cluster())

    def describe(image: RgbImage) -> Descriptors:
        points = sift.detect(image, None)
        words = extractor.compute(image, points) if points else None
        if words is None:
            return np.zeros(_WORDS, np.float32)
        return np.asarray(words[0] / max(float(np.linalg.norm(words[0])), 1e-9))

    rows = np.stack([describe(image) for image in images])
    return lambda image: int((rows @ describe(_enlarged(image))).argmax()), int(rows.nbytes)


def _enlarged(image: RgbImage) -> RgbImage:
    """Bring small pictures to 320 pixels across: SIFT finds next to nothing in less."""
    factor = max(1, round(320 / image.shape[1]))
    grown = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return np.asarray(grown, np.uint8)


METHODS: dict[str, Callable[[Walk], tuple[Find, int]]] = {
    'heavy_torch_flat': heavy_torch,
    'light_symmetric': lambda walk: onnx_pair(walk, LIGHT, f'{walk.name}-{LIGHT}-symmetric.onnx'),
    'sift_bag_of_words': sift_words,
    'ours': lambda walk: onnx_pair(walk, HEAVY, f'{walk.name}-{HEAVY}.onnx'),
    'ours_int8': lambda walk: onnx_pair(walk, HEAVY, f'{walk.name}-{HEAVY}-int8.onnx'),
}


def measured(method: str, walk: Walk) -> Row:
    """Find every image of the second walk."""
    find, size = METHODS[method](walk)
    found, times_s = [], []
    for path in walk.query_images():
        image = read_image(path)
        start_s = time.perf_counter()
        found.append(find(image))
        times_s.append(time.perf_counter() - start_s)
    return {
        'set': walk.name,
        'method': method,
        'recall_at_1': walk.recall_at_1(found),
        'queries': len(found),
        'latency_p50_ms': float(np.median(times_s)) * 1e3,
        'latency_p99_ms': float(np.percentile(times_s, 99)) * 1e3,
        'resident_mb': _resident_mb(),
        'map_mb': size / 1e6,
    }


if __name__ == '__main__':
    cv2.setNumThreads(1)
    if sys.argv[1] == 'heavy_torch_flat':
        import torch

        torch.set_num_threads(1)
    walk = next(one for one in WALKS if one.name == sys.argv[2])
    print(json.dumps(measured(sys.argv[1], walk)))
