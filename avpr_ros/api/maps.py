# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Build a gallery map, and add drives to one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from avpr_ros.api.drives import AnyDrive, AnyMap, PathLike, checked_drives, open_map
from avpr_ros.api.map_parts import complete_contents, contents_like
from avpr_ros.gallery.describer import Describer, Progress, no_progress
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping import map_append, map_builder
from avpr_ros.mapping.drive_checks import DriveRules
from avpr_ros.mapping.map_builder import BuildSettings
from avpr_ros.mapping.stages.map_writer import MapSettings
from avpr_ros.sources.options import SourceOptions


def build_map(
    drives: AnyDrive | Sequence[AnyDrive],
    output: PathLike,
    *,
    network: str | Describer = 'embedded',
    dim: int = 512,
    space_of: AnyMap | None = None,
    views: int = 0,
    landmarks: bool = True,
    learned_features: bool = True,
    min_distance_m: float = BuildSettings.min_distance_m,
    min_rotation_rad: float = BuildSettings.min_rotation_rad,
    memory_mb: float = BuildSettings.memory_mb,
    replace_existing: bool = False,
    allow_duplicates: bool = False,
    options: SourceOptions | None = None,
    progress: Progress = no_progress,
) -> GalleryMap:
    """Build a complete gallery map, with the same files as ``avpr build``.

    Args:
        drives: one or more bags or image folders; each becomes a session. All poses must be in
            one map frame.
        output: folder of the map; it appears when everything is done, or not at all.
        network: ``embedded``, ``embedded-day``, ``embedded-light``, ``embedded-fixed``, a name
            of ``avpr models list``, or an object with the methods of ``Describer``, such as your
            own network.
        dim: largest length of a descriptor; 0 for the full length of a published network.
        space_of: map of the same network whose vocabulary and projection are used, so that one
            query network serves both maps.
        views: number of augmented views that are described for each keyframe.
        landmarks: store local features and triangulated landmarks of each keyframe.
        learned_features: store XFeat features beside RootSIFT, for another light or season;
            with ``landmarks`` only.
        min_distance_m: distance between keyframes, metres.
        min_rotation_rad: rotation between keyframes, radians.
        memory_mb: memory the index may use on the robot, megabytes.
        replace_existing: replace a map that exists at ``output``.
        allow_duplicates: take a drive twice where it is given twice.
        options: how the drives are read; topics and the source of poses.
        progress: called with stage, done and total.

    Returns:
        The opened map.

    Raises:
        ConfigError: a setting is out of its range, or the network is unknown.
        SourceError: a drive cannot be read, fails a check, or has no usable frame.
        MapError: the output exists or cannot be written.
    """
    settings = BuildSettings(
        min_distance_m=min_distance_m,
        min_rotation_rad=min_rotation_rad,
        replace=replace_existing,
        memory_mb=memory_mb,
    )
    folder = Path(output)
    map_builder.check_output(folder, replace_existing)
    opened = checked_drives(drives, options, _rules(settings, options, allow_duplicates))
    contents = complete_contents(views, landmarks, learned_features)
    return map_builder.build_map(
        opened,
        _describer(network, dim, space_of),
        folder,
        settings,
        progress,
        finish=lambda made: contents.add_to(made, progress),
    )


def append_to_map(
    gallery: AnyMap,
    drives: AnyDrive | Sequence[AnyDrive],
    *,
    network: Describer | None = None,
    allow_duplicates: bool = False,
    options: SourceOptions | None = None,
    progress: Progress = no_progress,
) -> GalleryMap:
    """Add drives to a map: its next revision replaces it when everything is done.

    Keyframes keep their ids, and the descriptor space stays, so query networks of the map still
    fit. Their calibration does not include the new sessions; train again or use
    ``avpr build --append --query``. That in a map of ``embedded-fixed`` is renewed.

    Args:
        gallery: the whole map, thumbnails included.
        drives: one or more bags or image folders, with poses in the frame of the map.
        network: describes in the space of the map; None: the gallery network of the map. Needed
            for a map of your own network.
        allow_duplicates: add a drive that is in the map already once more.
        options: how the drives are read; frame and origin are those of the map.
        progress: called with stage, done and total.

    Returns:
        The new revision, opened.

    Raises:
        SourceError: a drive cannot be read, fails a check, or has poses in another frame.
        SpaceMismatchError: the network's descriptor space is not that of the map.
        MapError: the map is damaged or cannot be written.
    """
    opened = open_map(gallery)
    spacing = opened.manifest.keyframe_spacing
    settings = MapSettings(
        min_distance_m=spacing.distance_m, min_rotation_rad=spacing.rotation_rad
    )
    rules = _rules(settings, options, allow_duplicates)
    sources = checked_drives(drives, in_map_frame(opened, options), rules, opened)
    contents = contents_like(opened)
    return map_append.append_to_map(
        opened,
        sources,
        _own_describer(opened) if network is None else network,
        settings,
        progress,
        finish=lambda made: contents.add_to(made, progress),
    )


def in_map_frame(gallery: GalleryMap, options: SourceOptions | None = None) -> SourceOptions:
    """Return options that read a further drive as a map's own: frame, origin, 16-bit ranges."""
    given = options or SourceOptions()
    manifest = gallery.manifest
    return replace(
        given,
        map_frame=given.map_frame or manifest.map_frame,
        geodetic_origin=manifest.geodetic_origin,
        map_cameras=manifest.cameras,
    )


def _rules(
    settings: MapSettings, options: SourceOptions | None, allow_duplicates: bool
) -> DriveRules:
    return DriveRules(
        settings.min_distance_m,
        settings.min_rotation_rad,
        frame_stated=options is not None and options.map_frame is not None,
        allow_duplicates=allow_duplicates,
    )


def _describer(network: str | Describer, dim: int, space_of: AnyMap | None) -> Describer:
    if not isinstance(network, str):
        return network
    from avpr_ros.networks.registry import describer_by_name

    if space_of is None:
        return describer_by_name(network, dim=dim)
    return describer_by_name(network, dim=dim, like=open_map(space_of).space())


def _own_describer(gallery: GalleryMap) -> Describer:
    from avpr_ros.networks.space_describer import SpaceDescriber

    return SpaceDescriber(gallery.space())
