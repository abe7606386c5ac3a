# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Facts about a map, as lines of a table."""

from __future__ import annotations

from datetime import datetime, timezone
import math

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.evaluation.map_quality.report_data import MapQuality
from avpr_ros.evaluation.map_quality.verdict import map_verdict
from avpr_ros.evaluation.map_quality.weakness_facts import weakness_facts
from avpr_ros.gallery.descriptor_space import RECALL_COST
from avpr_ros.gallery.gallery_map import GalleryMap


def map_facts(gallery: GalleryMap, quality: MapQuality) -> list[tuple[str, str]]:
    """Return (what, value) pairs: verdict, contents of the map, expected weaknesses."""
    manifest = gallery.manifest
    space, spacing = manifest.descriptor_space, manifest.keyframe_spacing
    size_mb = sum(entry.bytes for entry in manifest.files.values()) / 1e6
    facts = [
        *(('warning', text) for text in gallery.warnings),
        *map_verdict(quality).facts(),
        ('map id', f'{manifest.map_id}, revision {manifest.revision}'),
        ('content hash', manifest.content_hash),
        ('built', f'{manifest.created} by avpr_ros {manifest.tool_version}'),
        ('keyframes', f'{len(gallery)}, {size_mb:.1f} MB without thumbnails'),
        ('network', f'{space.network}, {space.dim} dimensions, images {space.input_px} px'),
        ('descriptor space', space.id),
        ('frames', f'{manifest.base_frame} in {manifest.map_frame}'),
        ('cameras', ', '.join(f'{c.name} ({c.topic})' for c in manifest.cameras)),
        *_sessions(gallery),
        ('extent', _extent(gallery.keyframes.poses)),
        (
            'keyframe spacing',
            f'set to {spacing.distance_m:g} m or {math.degrees(spacing.rotation_rad):.3g} deg, '
            + _steps(gallery.keyframes.steps_m()),
        ),
    ]
    if manifest.index is not None:
        facts.append(('index', str(manifest.index)))
    if (cost := gallery.space().arrays.get(RECALL_COST)) is not None:
        facts.append(('projection', _projection(space.dim, cost)))
    if manifest.geodetic_origin is not None:
        origin = manifest.geodetic_origin
        facts.append(
            (
                'origin',
                f'{origin.latitude_deg:.7f}, {origin.longitude_deg:.7f}, '
                f'{origin.altitude_m:.1f} m ({origin.crs})',
            )
        )
    return facts + weakness_facts(gallery, quality)


def _projection(dim: int, recalls: FloatArray) -> str:
    return (
        f'to {dim} numbers, fitted on the keyframes; every second keyframe against the others: '
        f'recall@1 {recalls[0]:.3f} without, {recalls[1]:.3f} with it'
    )


def _sessions(gallery: GalleryMap) -> list[tuple[str, str]]:
    lines = []
    for session in gallery.manifest.sessions:
        start = datetime.fromtimestamp(session.start_ns / 1e9, tz=timezone.utc)
        text = (
            f'{session.name}: {session.keyframes} keyframes of {session.frames} frames from '
            f'{start:%Y-%m-%d %H:%M:%S} UTC, poses: {session.pose_source}'
        )
        if session.undecodable:
            text += (
                f', {session.undecodable} images could not be decoded ({session.first_problem})'
            )
        if session.unusable:
            text += f', in {session.unusable} images nothing is visible ({session.first_unusable})'
        lines.append(('session', text))
    return lines


def _extent(poses: FloatArray) -> str:
    size_m = np.ptp(poses[:, :3], axis=0)
    return f'{size_m[0]:.1f} x {size_m[1]:.1f} x {size_m[2]:.1f} m'


def _steps(steps_m: FloatArray) -> str:
    if not steps_m.size:
        return 'found: one keyframe only'
    return f'found: median {np.median(steps_m):.2f} m, largest {steps_m.max():.2f} m'
