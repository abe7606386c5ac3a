# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A drive without rendering: random pictures, a map of them, and answers as a node gives them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
import json
from pathlib import Path

import cv2
import numpy as np

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.poses import Pose
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from simulation.drives.bag_writer import ODOMETRY_TOPIC, Shot, encode_jpeg, write_bag
from simulation.rendering.camera import Camera

CAMERA = Camera(64, 48, 32.0)
STEP_M = 3.0


def picture(seed: int) -> RgbImage:
    coarse = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8)
    return cv2.resize(coarse, (CAMERA.width_px, CAMERA.height_px))


def record(path: Path, count: int, start_ns: int = 10**18) -> None:
    """Write a straight drive with a picture every three metres and every half second."""
    stamps = [start_ns + k * 5 * 10**8 for k in range(count)]
    poses = [Pose.from_xy_yaw(STEP_M * k, 0.5 * k, 0.1) for k in range(count)]
    shots = [
        Shot(stamp, pose, encode_jpeg(picture(k)))
        for k, (stamp, pose) in enumerate(zip(stamps, poses, strict=True))
    ]
    write_bag(path, shots, list(zip(stamps, poses, strict=True)), CAMERA)


class PixelDescriber:
    """Describes an image by its own shrunken pixels."""

    network = 'pixels'

    def describe_gallery(
        self, images: Callable[[], Iterable[RgbImage]], count: int, progress: Progress
    ) -> tuple[DescriptorSpace, Descriptors]:
        rows = np.stack([pixels(image) for image in images()])
        return DescriptorSpace.create('pixels', rows.shape[1], 64, {}), rows


def pixels(image: RgbImage) -> Descriptors:
    small = cv2.resize(image, (16, 12), interpolation=cv2.INTER_AREA).astype(np.float32)
    centred = (small - small.mean()).ravel()
    return centred / np.linalg.norm(centred)


def small_map(bag: Path, output: Path) -> GalleryMap:
    source = open_source(bag, SourceOptions(pose_topic=ODOMETRY_TOPIC))
    return build_map(source, PixelDescriber(), output, BuildSettings(min_rotation_rad=0.3))


def write_answers(path: Path, bag: Path, gallery: GalleryMap, least: float = 0.5) -> None:
    """Answer every image of a bag in the format of ``avpr_replay``."""
    source = open_source(bag, SourceOptions(pose_topic=ODOMETRY_TOPIC))
    lines = []
    for image in source.images():
        similarities, rows = gallery.index.search(pixels(image.decode())[None], 5)
        accepted = similarities[0, 0] >= least
        candidates = [
            candidate(
                gallery, int(row), float(s), rank, 'accepted' if accepted else 'low_similarity'
            )
            for rank, (row, s) in enumerate(zip(rows[0], similarities[0], strict=True))
        ]
        lines.append(answer_line(image.stamp_ns, candidates, accepted, 12.5))
    path.write_text(''.join(lines), encoding='utf-8')


def candidate(
    gallery: GalleryMap, row: int, similarity: float, rank: int, reason: str
) -> dict[str, object]:
    x, y, z, qx, qy, qz, qw = gallery.keyframes.poses[row]
    place = {'x_m': x, 'y_m': y, 'z_m': z, 'qx': qx, 'qy': qy, 'qz': qz, 'qw': qw}
    return {
        'rank': rank,
        'keyframe_id': int(gallery.keyframes.ids[row]),
        'similarity': similarity,
        'reason': reason if rank == 0 else 'lower_rank',
        'text': f'similarity {similarity:.3f}',
        **place,
    }


def answer_line(
    stamp_ns: int, candidates: list[dict[str, object]], accepted: bool, latency_ms: float | None
) -> str:
    pose = {key: candidates[0][key] for key in ('x_m', 'y_m', 'z_m')} if accepted else None
    row = {
        'stamp_ns': stamp_ns,
        'latency_ms': latency_ms,
        'reason': candidates[0]['reason'] if candidates else None,
        'candidates': candidates,
        'pose': pose,
    }
    return json.dumps(row) + '\n'
