# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Writes a running session as a map, atomically."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from avpr_ros.errors import MapError
from avpr_ros.gallery import gallery_map, thumbnails
from avpr_ros.gallery.index.selection import build_index
from avpr_ros.gallery.map_folder import check_replaceable
from avpr_ros.gallery.online_gallery import THUMBNAIL_PX, THUMBNAIL_QUALITY, OnlineGallery
from avpr_ros.mapping.map_builder import check_output, not_written
from avpr_ros.storage.files import atomic_folder


def save_session(gallery: OnlineGallery, output: Path) -> int:
    """Write the current keyframes as a map; an existing map of the same name is replaced.

    The map has the descriptor space's id, and serves the query network that made it. It does not
    have what was fitted for that space: to train for the map or to add drives to it, build one
    from a recording.

    Args:
        gallery: the session; it may grow during the export.
        output: the map's folder.

    Returns:
        How many keyframes were written.

    Raises:
        MapError: there is no keyframe yet, the output is something else than a map, or it cannot
            be written.
        OutputBusyError: another process is writing the same output.
    """
    frames, rows = gallery.keyframes, gallery.descriptors
    count = min(len(frames), len(rows))
    if count == 0:
        raise MapError('this session has no keyframe yet; drive further, with odometry')
    check_output(output, replace_existing=True)
    try:
        with atomic_folder(output, replace=True, check=check_replaceable) as folder:
            _write(folder, gallery, count)
    except OSError as error:
        raise not_written(output, error) from error
    return count


def _write(folder: Path, gallery: OnlineGallery, count: int) -> None:
    frames = gallery.keyframes.first(count)
    rows = gallery.descriptors[:count]
    writer = thumbnails.ThumbnailWriter(folder, THUMBNAIL_PX, THUMBNAIL_QUALITY)
    for row in range(count):
        writer.write_encoded(row, gallery.encoded_thumbnail(row))
    writer.close()
    np.save(folder / gallery_map.DESCRIPTORS, rows, allow_pickle=False)
    frames.save(folder / gallery_map.KEYFRAMES)
    index, info = build_index(rows)
    index.save(folder / gallery_map.INDEX)
    np.savez(folder / gallery_map.SPACE)
    draft = gallery.manifest
    session = replace(
        draft.sessions[0],
        frames=count,
        keyframes=count,
        start_ns=int(frames.stamps_ns[0]),
        end_ns=int(frames.stamps_ns[-1]),
    )
    manifest = replace(draft, sessions=(session,), index=info)
    manifest.sealed(folder, [*gallery_map.REQUIRED, thumbnails.SUMS]).save(folder)
