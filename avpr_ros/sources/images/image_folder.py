# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A folder of images as a source.

Poses are those of the base. Where a file has poses of a camera (``map_from_camera``), the base
frame is that camera's optical frame: set the base frame option to it. Extrinsics and intrinsics
of the cameras are unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import evenly
from avpr_ros.sources.bags.stamp_order import order_stamps
from avpr_ros.sources.frame import Camera, Frame, GeodeticOrigin, StampedImage, range_for
from avpr_ros.sources.images.decode import decode_file
from avpr_ros.sources.images.image_listing import choose_folders, list_images, not_read_checks
from avpr_ros.sources.images.image_size import MAX_FILE_BYTES, is_deep_png
from avpr_ros.sources.images.pixel_range import PixelRange
from avpr_ros.sources.images.pixel_range_meter import PixelRangeMeter, deep_png_values
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.folder_poses import folder_poses
from avpr_ros.sources.poses.pose_track import PoseInput
from avpr_ros.sources.poses.posed import PosedImages
from avpr_ros.sources.preflight import Preflight, PreflightCheck
from avpr_ros.storage.files import printable
from avpr_ros.storage.reading import read_regular

#: Images of a camera that are measured where they have 16 bits.
_MEASURED_IMAGES = 20


class ImageFolderSource:
    """Images in a folder, or in one folder a camera below it; poses beside them.

    An image's stamp is, in this order, that of its row in a CSV, its file name if that is a time
    (EuRoC, TUM), or its place in the natural order of names, one second apart.
    """

    def __init__(self, path: Path, options: SourceOptions) -> None:
        """List the images and read the poses.

        Raises:
            SourceError: no images, no poses though they are wanted, or an unusable file.
        """
        self.name = printable(path.resolve().name)
        folders = choose_folders(path, options.image_topics)
        self._folders = folders
        self._not_read = not_read_checks(path, folders)
        listing = list_images(folders)
        images = listed = listing.images
        self._timed, self._untimed = listing.timed, listing.untimed
        poses: PoseInput | None = None
        if options.poses_wanted:
            images, poses = folder_poses(path, folders, listed, options, timed=listing.dated)
            self._timed = self._timed or images != listed  # the CSV gave stamps
        stamps = np.array([image.stamp_ns for image in images], dtype=np.int64)
        rows = np.array([image.camera for image in images], dtype=np.int64)
        self._order = order_stamps(stamps, rows, streamed=False)
        self._images = [images[int(row)] for row in self._order.rows]
        kept = np.asarray(stamps[self._order.rows], dtype=np.int64)
        self._posed = PosedImages(kept, poses, options)
        names = [printable(folder.resolve().name) for folder in folders]
        self.cameras: tuple[Camera, ...] = tuple(
            Camera(name, printable(str(folder)), None, None, self._pixel_range(row, name, options))
            for row, (name, folder) in enumerate(zip(names, folders, strict=True))
        )
        self.map_frame = self._posed.map_frame
        self.base_frame = self._posed.base_frame
        self.pose_source = self._posed.pose_source
        self.geodetic_origin: GeodeticOrigin | None = self._posed.geodetic_origin

    def preflight(self) -> Preflight:
        """Check names, stamps and poses without opening an image."""
        where = ', '.join(str(folder) for folder in self._folders)
        checks = self._not_read
        if not self._timed:
            text = (
                'The image names are no times: images are counted one second apart. For poses by '
                'time, name images by seconds with two decimals or more (123.45.jpg) or by '
                'nanoseconds since 1970, or list the images by name in poses.csv.'
            )
            checks = (*checks, PreflightCheck('time', 'ok', text))
        if self._untimed:
            text = (
                f'{len(self._untimed)} images, the first {self._untimed[0].name}, have no time as '
                'name, as the others do, and are left out.'
            )
            checks = (*checks, PreflightCheck('time', 'warning', text))
        return self._posed.preflight(where, self._order, checks)

    def images(self) -> Iterator[StampedImage]:
        """Yield every image in stamp order."""
        for image in self._images:
            camera = self.cameras[image.camera]
            decode = partial(decode_file, image.path, camera.pixel_range)
            yield StampedImage(image.stamp_ns, camera.name, decode)

    def frames(self) -> Iterator[Frame]:
        """Yield in stamp order the images that have a pose within the gap limit.

        Raises:
            SourceError: the source was opened without poses.
        """
        return self._posed.frames(self.images())

    def _pixel_range(self, row: int, name: str, options: SourceOptions) -> PixelRange | None:
        """Return the range of a camera's 16-bit images, measured on an even sample."""
        paths = [image.path for image in self._images if image.camera == row]
        if not paths or not is_deep_png(_head(paths[0])):
            return None
        meter = PixelRangeMeter()
        for number in evenly(len(paths), _MEASURED_IMAGES):
            with suppress(OSError, ValueError):
                data = read_regular(paths[int(number)], MAX_FILE_BYTES)
                values = deep_png_values(np.frombuffer(data, dtype=np.uint8))
                if values is not None:
                    meter.add(values)
        return range_for(name, options.map_cameras) or meter.measured()


def _head(path: Path) -> NDArray[np.uint8]:
    """Return the first bytes of a file; none where it cannot be read."""
    try:
        return np.fromfile(path, dtype=np.uint8, count=32)
    except OSError:
        return np.zeros(0, dtype=np.uint8)
