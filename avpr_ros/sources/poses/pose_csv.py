# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses from a CSV file with a header line.

A row is matched to an image by its name (``image``) or by time (``stamp_ns``, ``stamp_s``).
Position is ``x_m, y_m`` and perhaps ``z_m``; rotation is ``qx, qy, qz, qw`` or ``yaw_rad`` or
``yaw_deg``, or missing. Common other spellings are understood, EuRoC's and ASL's among them.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
import math
from pathlib import Path
import re

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.poses.tum import LATEST_NS, parse_stamp_ns

_SPELLINGS = {
    'image': (
        'image',
        'image_name',
        'image_path',
        'filename',
        'file_name',
        'file',
        'name',
        'path',
    ),
    'stamp_ns': ('stamp_ns', 'timestamp_ns', 'time_ns', 't_ns'),
    'stamp_s': ('stamp_s', 'stamp', 'timestamp_s', 'timestamp', 'time_s', 'time', 't_s', 't'),
    'x': ('x_m', 'x', 'tx', 'px', 'p_x', 'pos_x', 'p_rs_r_x', 'easting', 'utm_east'),
    'y': ('y_m', 'y', 'ty', 'py', 'p_y', 'pos_y', 'p_rs_r_y', 'northing', 'utm_north'),
    'z': ('z_m', 'z', 'tz', 'pz', 'p_z', 'pos_z', 'p_rs_r_z', 'altitude_m', 'altitude', 'height'),
    'qx': ('qx', 'q_x', 'q_rs_x', 'rot_x', 'quat_x', 'ox'),
    'qy': ('qy', 'q_y', 'q_rs_y', 'rot_y', 'quat_y', 'oy'),
    'qz': ('qz', 'q_z', 'q_rs_z', 'rot_z', 'quat_z', 'oz'),
    'qw': ('qw', 'q_w', 'q_rs_w', 'rot_w', 'quat_w', 'ow'),
    'yaw_rad': ('yaw_rad', 'yaw', 'theta_rad', 'theta'),
    'yaw_deg': ('yaw_deg', 'theta_deg'),
}
_QUATERNION = ('qx', 'qy', 'qz', 'qw')


@dataclass(frozen=True, eq=False)
class PoseTable:
    """The rows of a CSV file.

    Attributes:
        images: name of each row's image as written, or None.
        stamps_ns: (N,) int64, or None.
        rows: (N, 7) float64 ``x y z qx qy qz qw``.
        has_rotation: whether the file has rotations; without, they are identity.
    """

    images: tuple[str, ...] | None
    stamps_ns: IntArray | None
    rows: FloatArray
    has_rotation: bool


def read_pose_csv(path: Path) -> PoseTable:
    """Read a CSV file of poses.

    Raises:
        SourceError: it cannot be read, lacks a column, or a field is no number.
    """
    try:
        with path.open(encoding='utf-8-sig', newline='') as stream:
            lines = [row for row in csv.reader(stream, skipinitialspace=True) if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(f'Poses file {path} cannot be read: {error}.') from error
    if not lines:
        raise SourceError(
            f'Poses file {path} is empty: it needs a header line and one row a pose.'
        )
    columns = _columns(lines[0], path)
    images: list[str] = []
    stamps: list[int] = []
    rows: list[FloatArray] = []
    for number, line in enumerate(lines[1:], start=2):
        try:
            fields = {name: line[place].strip() for name, place in columns.items()}
            rows.append(_pose_row(fields))
            if 'image' in fields:
                images.append(fields['image'])
            if (stamp := _stamp_ns(fields)) is not None:
                stamps.append(stamp)
        except (ValueError, IndexError) as error:
            raise SourceError(f'Row {number} of poses file {path} is no pose: {error}.') from error
    return PoseTable(
        tuple(images) if 'image' in columns else None,
        np.array(stamps, dtype=np.int64) if {'stamp_ns', 'stamp_s'} & columns.keys() else None,
        np.array(rows, dtype=np.float64).reshape(-1, 7),
        bool({'qw', 'yaw_rad', 'yaw_deg'} & columns.keys()),
    )


def _columns(header: list[str], path: Path) -> dict[str, int]:
    """Return the place of each column that is understood."""
    spelt = [_plain(name) for name in header]
    columns = {}
    for name, spellings in _SPELLINGS.items():
        place = next((spelt.index(spelling) for spelling in spellings if spelling in spelt), None)
        if place is not None:
            columns[name] = place
    listed = ', '.join(header)
    if not {'x', 'y'} <= columns.keys():
        raise SourceError(f'Poses file {path} has no columns x_m and y_m; its columns: {listed}.')
    if not {'image', 'stamp_ns', 'stamp_s'} & columns.keys():
        raise SourceError(
            f'Poses file {path} has no column image, stamp_ns or stamp_s; its columns: {listed}.'
        )
    quaternion = [name for name in _QUATERNION if name in columns]
    if quaternion and len(quaternion) < 4:
        raise SourceError(f'Poses file {path} has only {quaternion} of qx, qy, qz, qw: give all.')
    return columns


def _plain(name: str) -> str:
    """Return a column's name in small letters; of units in brackets only a time's is kept."""
    unit = re.search(r'\[\s*(ns|s)\s*\]', name)
    bare = re.sub(r'\[.*?\]', '', name.lower())
    return '_'.join([*re.findall(r'[a-z0-9]+', bare), *(unit.groups() if unit else ())])


def _stamp_ns(fields: dict[str, str]) -> int | None:
    if 'stamp_ns' in fields:
        stamp_ns = int(fields['stamp_ns'])
        if not 0 <= stamp_ns < LATEST_NS:
            raise ValueError(f'{stamp_ns} is no time stamp')
        return stamp_ns
    return parse_stamp_ns(fields['stamp_s']) if 'stamp_s' in fields else None


def _pose_row(fields: dict[str, str]) -> FloatArray:
    """Return ``x y z qx qy qz qw``; raises ValueError where a field is no number."""
    position = [float(fields['x']), float(fields['y']), float(fields.get('z') or 0.0)]
    if 'qw' in fields:
        quaternion = [float(fields[name]) for name in _QUATERNION]
    else:
        yaw_rad = float(fields.get('yaw_rad', math.radians(float(fields.get('yaw_deg', 0.0)))))
        quaternion = list(Rotation.from_euler('z', yaw_rad).as_quat())
    return np.array([*position, *quaternion], dtype=np.float64)
