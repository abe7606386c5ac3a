# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Poses of an image folder: from a CSV or TUM file, or from the images' names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from avpr_ros.errors import SourceError
from avpr_ros.sources.images.image_listing import ImageFile
from avpr_ros.sources.images.image_names import match_names
from avpr_ros.sources.options import SourceOptions
from avpr_ros.sources.poses.frames import DEFAULT_BASE_FRAME, DEFAULT_MAP_FRAME
from avpr_ros.sources.poses.pose_csv import PoseTable, read_pose_csv
from avpr_ros.sources.poses.pose_files import poses_from_file
from avpr_ros.sources.poses.pose_track import PoseInput, PoseTrack
from avpr_ros.sources.poses.utm_names import has_utm_name, read_utm_names
from avpr_ros.sources.preflight import PreflightCheck

POSES_FILE = 'poses.csv'
#: Rows of one image differ by no more where the file merely repeats them.
_SAME_POSITION_M = 0.1


def folder_poses(
    root: Path,
    folders: Sequence[Path],
    images: Sequence[ImageFile],
    options: SourceOptions,
    *,
    timed: bool,
) -> tuple[list[ImageFile], PoseInput]:
    """Find the poses of a folder's images.

    Sources in this order: the file of the options, ``poses.csv`` in the folder or in the only one
    of images below it, the images' names.

    Args:
        root: the source's folder; names in a CSV are relative to it or to the images' folder.
        folders: of the images.
        images: all images.
        options: files and frame names.
        timed: whether the images' names are dates.

    Returns:
        The images, with stamps from the CSV where it has them, and the poses.

    Raises:
        SourceError: no poses, or a file that cannot be used.
    """
    if options.pose_topic is not None:
        raise SourceError(
            f'{root} is an image folder and has no topics: give a CSV or TUM file, not pose '
            f'topic {options.pose_topic}.'
        )
    if options.tum_file is None and options.poses_csv is None:
        beside = [folder / POSES_FILE for folder in (root, *folders[: len(folders) == 1])]
        if (poses := next((file for file in beside if file.is_file()), None)) is not None:
            options = replace(options, poses_csv=poses)
        elif all(has_utm_name(image.path.name) for image in images):
            return list(images), _poses_from_names(images, options)
        else:
            raise SourceError(
                f'{root} has no poses: give a CSV or TUM file, put {POSES_FILE} into it, or name '
                'the images @UTM_east@UTM_north@.'
            )
    if options.poses_csv is not None:
        table = read_pose_csv(options.poses_csv)
        if table.images is not None:
            return _poses_by_name(root, images, table, options.poses_csv, options, timed)
    return list(images), poses_from_file(options)


def _poses_by_name(
    root: Path,
    images: Sequence[ImageFile],
    table: PoseTable,
    path: Path,
    options: SourceOptions,
    timed: bool,
) -> tuple[list[ImageFile], PoseInput]:
    """Match rows to images by name; each image gets its row's stamp, if any."""
    row_of = _rows_by_name(table, path)
    names = match_names(root, [image.path for image in images], row_of)
    if not any(row is not None for row in names.rows):
        raise SourceError(
            f'No row of {path} is of an image of {root}: it names {next(iter(row_of))!r}, and the '
            f'first of {len(images)} images is {images[0].path.relative_to(root).as_posix()!r}.'
        )
    matches = list(zip(images, names.rows, strict=True))
    if table.stamps_ns is not None:
        # an image without a row has no time either
        known = [(image, row) for image, row in matches if row is not None]
        matches = [
            (replace(image, stamp_ns=int(table.stamps_ns[row])), row) for image, row in known
        ]
    found = [(image, row) for image, row in matches if row is not None]
    track = PoseTrack.from_samples(
        [image.stamp_ns for image, _ in found],
        table.rows[[row for _, row in found]],
        f'poses file {path}, matched to {len(images)} images by name,',
    ).without_outliers(timed=timed or table.stamps_ns is not None)
    checks = [*table.checks, *track.checks()]
    if unused := len(row_of) - len({row for _, row in found}):
        text = (
            f'{unused} of {len(row_of)} rows of {path.name} are unused: their images are missing.'
        )
        checks.append(PreflightCheck('rows', 'warning', text))
    if names.loose is not None:
        text = (
            f'Rows of {path.name} are matched by the last part of names: row {names.loose[0]!r} '
            f'to image {names.loose[1]!r}.'
        )
        checks.append(PreflightCheck('rows', 'warning', text))
    if not table.has_rotation:
        checks.append(_no_rotation(path.name))
    return [image for image, _ in matches], PoseInput(
        track,
        options.map_frame or DEFAULT_MAP_FRAME,
        options.base_frame or DEFAULT_BASE_FRAME,
        f'CSV file {path.name}, by image name',
        exact=True,
        checks=tuple(checks),
    )


def _rows_by_name(table: PoseTable, path: Path) -> dict[str, int]:
    """Return the row of each image.

    Raises:
        SourceError: two rows give one image different positions.
    """
    row_of: dict[str, int] = {}
    for row, written in enumerate(table.images or ()):
        name = written.replace('\\', '/').removeprefix('./')
        first = row_of.setdefault(name, row)
        apart_m = float(np.linalg.norm(table.rows[first, :3] - table.rows[row, :3]))
        if apart_m > _SAME_POSITION_M:
            raise SourceError(
                f'{path} has two rows of image {name}, {apart_m:.1f} m apart: keep the right one.'
            )
    return row_of


def _poses_from_names(images: Sequence[ImageFile], options: SourceOptions) -> PoseInput:
    named = read_utm_names([image.path.name for image in images], options.geodetic_origin)
    stamps = np.array([image.stamp_ns for image in images], dtype=np.int64)
    return PoseInput(
        PoseTrack.from_samples(stamps, named.rows, 'image names'),
        options.map_frame or DEFAULT_MAP_FRAME,
        options.base_frame or DEFAULT_BASE_FRAME,
        'UTM positions in image names',
        geodetic_origin=named.origin,
        exact=True,
        checks=() if named.has_heading else (_no_rotation('the image names'),),
    )


def _no_rotation(where: str) -> PreflightCheck:
    text = f'No rotation in {where}: the heading of all poses is set to the x axis.'
    return PreflightCheck('rotation', 'warning', text)
