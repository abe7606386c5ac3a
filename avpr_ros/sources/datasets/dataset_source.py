# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A dataset as a drive: its images, one a second, at their positions in the UTM grid."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.stamp_order import order_stamps
from avpr_ros.sources.datasets.labelled_images import LabelledImages
from avpr_ros.sources.datasets.msls import is_msls_part, read_msls_part
from avpr_ros.sources.datasets.open import open_dataset
from avpr_ros.sources.frame import Camera, Frame, GeodeticOrigin, StampedImage
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import DEFAULT_BASE_FRAME, DEFAULT_MAP_FRAME
from avpr_ros.sources.poses.pose_track import PoseInput, PoseTrack
from avpr_ros.sources.poses.posed import PosedImages
from avpr_ros.sources.preflight import Preflight, PreflightCheck
from avpr_ros.stamps import NS_PER_S

#: The rows that MSLS is usually evaluated on.
_MSLS_SUBTASK = 'all'


class DatasetSource:
    """The images of a dataset in the order of its table.

    Their dates are too coarse for stamps, so they are counted one second apart.
    """

    def __init__(self, path: Path, options: SourceOptions) -> None:
        """Read the dataset's tables.

        Raises:
            SourceError: as ``open_dataset``, or options that a dataset has no use for.
        """
        if options.pose_topic or options.tum_file or options.poses_csv:
            raise SourceError(f'{path} is a dataset with poses of its own: name no others.')
        self.dataset = (
            read_msls_part(path, _MSLS_SUBTASK) if is_msls_part(path) else open_dataset(path)
        )
        self.name = self.dataset.name
        self._path = path
        stamps = np.arange(len(self.dataset), dtype=np.int64) * NS_PER_S
        self._order = order_stamps(stamps, np.zeros(len(stamps), dtype=np.int64), streamed=False)
        poses = PoseInput(
            PoseTrack.from_samples(stamps, _pose_rows(self.dataset), f'dataset {path}'),
            options.map_frame or DEFAULT_MAP_FRAME,
            options.base_frame or DEFAULT_BASE_FRAME,
            'UTM positions of the dataset',
            exact=True,
            checks=_checks(self.dataset),
        )
        self._posed = PosedImages(stamps, poses, options)
        self.cameras: tuple[Camera, ...] = (Camera('camera', str(path), None, None),)
        self.map_frame = self._posed.map_frame
        self.base_frame = self._posed.base_frame
        self.pose_source = self._posed.pose_source
        self.geodetic_origin: GeodeticOrigin | None = None

    def preflight(self) -> Preflight:
        """Look at the tables without opening an image."""
        return self._posed.preflight(str(self._path), self._order, ())

    def images(self) -> Iterator[StampedImage]:
        """Yield every image."""
        labels = self.dataset.labels.tolist() if self.dataset.has_labels else None
        for row in range(len(self.dataset)):
            decode = partial(self.dataset.read, row)
            place = labels[row] if labels else None
            yield StampedImage(row * NS_PER_S, self.cameras[0].name, decode, place)

    def frames(self) -> Iterator[Frame]:
        """Yield every image with its pose."""
        return self._posed.frames(self.images())


def _pose_rows(dataset: LabelledImages) -> FloatArray:
    """Return (N, 7) poses: on the ground, turned as the view is, or not where unknown."""
    yaw = np.nan_to_num(dataset.headings_rad, nan=0.0)
    heights = np.zeros((len(dataset), 1))
    quaternions = Rotation.from_euler('z', yaw[:, np.newaxis]).as_quat()
    return np.concatenate([dataset.positions_m, heights, quaternions], axis=1)


def _checks(dataset: LabelledImages) -> tuple[PreflightCheck, ...]:
    checks = []
    if len(dataset.city_names) > 1:
        names = ', '.join(dataset.city_names)
        text = f'{len(dataset.city_names)} cities ({names}), each in the grid of its own UTM zone.'
        checks.append(PreflightCheck('cities', 'warning', text))
    if unknown := int(np.isnan(dataset.headings_rad).sum()):
        text = f'{unknown} images have no heading; it is set to east.'
        checks.append(PreflightCheck('rotation', 'warning', text))
    return tuple(checks)
