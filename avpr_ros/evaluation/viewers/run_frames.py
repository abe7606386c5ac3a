# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A run with its pictures: each decision with the image and the keyframe it is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, RgbImage
from avpr_ros.errors import ImageDecodeError, SourceError
from avpr_ros.evaluation.runs.localization_log import RunImage
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.localization.match_picture import match_picture
from avpr_ros.sources.frame import FrameSource, StampedImage

#: Longest side of a picture in the file.
SIDE_PX = 640
_JPEG_QUALITY = 85
#: Landmarks that a viewer shows fluently; of more, an even selection is taken.
_MOST_LANDMARKS = 200_000
#: Frames where no map is given.
_MAP_FRAME, _BASE_FRAME = 'map', 'base_link'
_LARGEST_NS = 2**32 * 10**9


@dataclass(frozen=True, eq=False)
class RunFrame:
    """One decision with its pictures.

    Attributes:
        run: the decision.
        image: (H, W, 3) the image, at most ``SIDE_PX`` long; None without one.
        match: (H, W, 3) image and keyframe side by side; None without image or map.
        keyframe_m: (3,) position of the candidate's keyframe; None without a map or candidate.
    """

    run: RunImage
    image: RgbImage | None
    match: RgbImage | None
    keyframe_m: FloatArray | None


class RunFrames:
    """Decisions of a run in the order of stamps, with pictures where a source is given.

    Attributes:
        images: the run.
        gallery: the map it was localised in; None if not given.
        with_image: number of decisions whose image was found so far.
    """

    def __init__(
        self, images: Sequence[RunImage], gallery: GalleryMap | None, source: FrameSource | None
    ) -> None:
        """Set up.

        Args:
            images: the run, not empty, in the order of stamps.
            gallery: the map; None: no keyframes, no side-by-side pictures.
            source: the recorded images; None: no pictures.

        Raises:
            SourceError: stamps that the formats of the viewers cannot hold.
        """
        for stamp_ns in (images[0].stamp_ns, images[-1].stamp_ns):
            if not 0 <= stamp_ns < _LARGEST_NS:
                raise SourceError(
                    f'The run has the stamp {stamp_ns} ns, which is outside of 1970 to 2106: '
                    'correct the stamps of the recording.'
                )
        self.images = images
        self.gallery = gallery
        self.with_image = 0
        self._source = source
        ids = [] if gallery is None else gallery.keyframes.ids.tolist()
        self._rows = {keyframe: row for row, keyframe in enumerate(ids)}

    @property
    def map_frame(self) -> str:
        """Name of the map's frame."""
        return _MAP_FRAME if self.gallery is None else self.gallery.manifest.map_frame

    @property
    def base_frame(self) -> str:
        """Name of the robot's frame."""
        return _BASE_FRAME if self.gallery is None else self.gallery.manifest.base_frame

    @property
    def cameras(self) -> int:
        """Number of cameras of the run."""
        return len({image.camera for image in self.images})

    @property
    def has_pictures(self) -> bool:
        """Whether recorded images are given."""
        return self._source is not None

    def __iter__(self) -> Iterator[RunFrame]:
        """Yield every decision.

        Raises:
            SourceError: a source is given and holds the image of no decision.
        """
        self.with_image = 0
        for run, image in zip(self.images, self._pictures(), strict=True):
            row = None if run.keyframe_id is None else self._rows.get(run.keyframe_id)
            at = None if row is None or self.gallery is None else self.gallery.keyframes.poses[row]
            yield RunFrame(
                run, image, self._match(run, image, row), None if at is None else at[:3]
            )
        if self._source is not None and not self.with_image:
            raise SourceError(
                f'None of the {len(self.images)} images of the run is in {self._source.name}: '
                'give the drive that was localised with --images.'
            )

    def landmarks_m(self) -> NDArray[np.float32]:
        """Return the (L, 3) positions of the map's landmarks in the map frame."""
        landmarks = None if self.gallery is None else self.gallery.landmarks()
        layers = () if landmarks is None else landmarks.layers
        points = np.concatenate([np.empty((0, 3), np.float32), *(one.points_m for one in layers)])
        known = points[np.isfinite(points).all(axis=1)]
        step = max(1, -(-len(known) // _MOST_LANDMARKS))
        return np.asarray(known[::step], dtype=np.float32)

    def _match(self, run: RunImage, image: RgbImage | None, row: int | None) -> RgbImage | None:
        if image is None or self.gallery is None:
            return None
        keyframe = None if row is None else self.gallery.thumbnail(row)
        return match_picture(image, keyframe, run.accepted, run.text or run.reason)

    def _pictures(self) -> Iterator[RgbImage | None]:
        """Yield the image of each decision, reading the source once and in order."""
        stream = iter(() if self._source is None else self._source.images())
        ahead = next(stream, None)
        here: list[StampedImage] = []
        for run in self.images:
            if not here or here[0].stamp_ns != run.stamp_ns:
                here = []
                while ahead is not None and ahead.stamp_ns <= run.stamp_ns:
                    if ahead.stamp_ns == run.stamp_ns:
                        here.append(ahead)
                    ahead = next(stream, None)
            mine = [one for one in here if run.camera in ('', one.camera)]
            picture = _decoded(mine[0]) if mine else None
            self.with_image += picture is not None
            yield picture


def jpeg(image: RgbImage) -> bytes:
    """Return an (H, W, 3) RGB image as JPEG."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode('.jpg', bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])[1])


def _decoded(image: StampedImage) -> RgbImage | None:
    try:
        picture = image.decode()
    except ImageDecodeError:
        return None
    scale = SIDE_PX / max(picture.shape[:2])
    if scale >= 1.0:
        return picture
    size = tuple(max(1, round(side * scale)) for side in picture.shape[1::-1])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
