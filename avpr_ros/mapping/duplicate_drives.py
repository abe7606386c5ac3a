# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recognise a drive that is in the map already, by the stamps and the pixels of its images."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from avpr_ros.arrays import IntArray, RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.preflight import PreflightCheck

#: Share of the stamps of one drive that are in the other if both are the same.
_SAME_STAMPS = 0.9
#: Images with such stamps that are compared.
_COMPARED = 3
#: Largest mean difference of two images that are the same but for JPEG, in grey levels.
_SAME_IMAGE = 4.0


def duplicate_of_map(
    source: FrameSource, stamps_ns: IntArray, gallery: GalleryMap
) -> tuple[PreflightCheck, ...]:
    """Check that a drive is none of the sessions of a map.

    Args:
        source: the drive.
        stamps_ns: stamps of its images with poses.
        gallery: the map, with thumbnails.
    """
    keyframes = gallery.keyframes
    if not len(stamps_ns):
        return ()
    # Of a part of a drive only the keyframes of its time are in it.
    in_time = (keyframes.stamps_ns >= stamps_ns.min()) & (keyframes.stamps_ns <= stamps_ns.max())
    for number, session in enumerate(gallery.manifest.sessions):
        own = keyframes.sessions == number
        rows = np.flatnonzero(own & in_time)
        shared = np.isin(keyframes.stamps_ns[rows], stamps_ns)
        fewest = min(_COMPARED, int(own.sum()))
        if not fewest or shared.sum() < fewest or shared.mean() < _SAME_STAMPS:
            continue
        first = rows[shared][:_COMPARED]
        known = {int(keyframes.stamps_ns[row]): gallery.thumbnail(int(row)) for row in first}
        images = {stamp: image for stamp, image in known.items() if image is not None}
        if _same_images(source, images):
            return (_check(f'session {session.name} of the map {gallery.path.name}'),)
    return ()


def duplicate_of_drive(
    source: FrameSource, stamps_ns: IntArray, other: FrameSource, other_ns: IntArray
) -> tuple[PreflightCheck, ...]:
    """Check that a drive is not another one that goes into the same map.

    Args:
        source: the drive.
        stamps_ns: stamps of its images with poses.
        other: the other drive.
        other_ns: stamps of the images of that with poses.
    """
    shared = np.intersect1d(stamps_ns, other_ns)
    if not len(shared) or len(shared) < _SAME_STAMPS * min(len(stamps_ns), len(other_ns)):
        return ()
    wanted = {int(stamp) for stamp in shared[:_COMPARED]}
    images = {}
    for image in other.images():
        if image.stamp_ns in wanted:
            wanted.discard(image.stamp_ns)
            decoded = _decoded(image.decode)
            if decoded is not None:
                images[image.stamp_ns] = decoded
        if not wanted:
            break
    if not _same_images(source, images):
        return ()
    return (_check(other.name),)


def _same_images(source: FrameSource, known: dict[int, RgbImage]) -> bool:
    """Return whether each of the known images is that of the source at its stamp."""
    left = dict(known)
    for image in source.images():
        if image.stamp_ns not in left:
            continue
        decoded = _decoded(image.decode)
        if decoded is not None and _alike(decoded, left[image.stamp_ns]):
            del left[image.stamp_ns]  # another camera may have the stamp, too
        if not left:
            break
        if image.stamp_ns > max(left):
            break
    return bool(known) and not left


def _decoded(decode: Callable[[], RgbImage]) -> RgbImage | None:
    try:
        return decode()
    except ImageDecodeError:
        return None


def _alike(first: RgbImage, second: RgbImage) -> bool:
    size = (min(first.shape[1], second.shape[1]), min(first.shape[0], second.shape[0]))
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in (first, second)]
    return float(cv2.absdiff(small[0], small[1]).mean()) < _SAME_IMAGE


def _check(known: str) -> PreflightCheck:
    text = (
        f'It is the same drive as {known}: its keyframes would be there twice. Leave it out, or '
        'use --allow-duplicates.'
    )
    return PreflightCheck('drives', 'error', text)
