# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one table of the parameters of ``avpr_localizer``: each field is one line of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from avpr_ros.gallery.online_gallery import SessionSettings
from avpr_ros.localization.settings import MatchSettings, setting_infos
from avpr_ros.ros.common.parameter_table import row, start_row
from avpr_ros.sources.images.image_size import MAX_PIXELS


def _match_row(name: str) -> Any:
    """Return the line of a match setting; -1 or 0 stands for None, which ROS does not have."""
    info, default = setting_infos()[name], getattr(MatchSettings, name)
    low, description = info.low, info.description
    if info.none_as is not None and low is not None:
        default = info.none_as if default is None else default
        low = min(low, info.none_as)
        description = f'{description[:-1]}; {info.none_as:g}: {info.none_means}.'
    return row(default, description, unit=info.unit, low=low, high=info.high, choices=info.choices)


@dataclass(frozen=True)
class Settings:
    """The parameters and their values; each field is one line of the table."""

    mode: str = row(
        'localize',
        '`localize` in a map, or `loop_closing` without one: keyframes are taken from the running '
        'session, which needs odometry, and matched with the same query network.',
        choices=('localize', 'loop_closing'),
        read_only=True,
    )
    map_path: str = row('', 'Folder of the gallery map, as `avpr build` wrote it.', read_only=True)
    trusted_map_keys: str = row(
        '',
        'PEM file with public Ed25519 keys: a map without a signature by one of them is refused, '
        'at the start and by `~/reload_map`, see `avpr sign`. Empty: maps need no signature.',
        read_only=True,
    )
    query_network: str = row(
        '',
        'ONNX file of the query network, with its manifest in the same folder. Empty: the one in '
        'the map, which those of `embedded-fixed` hold.',
        read_only=True,
    )
    cameras: tuple[str, ...] = row(
        ('camera',),
        'Names of the cameras, as in the map where its extrinsics are used: one listens on '
        '`image`, several on `NAME/image` each.',
        read_only=True,
    )
    extrinsics: str = row(
        '',
        'Extrinsics of the cameras: `tf` takes them from `/tf_static`, or from `/tf` where they '
        'never change, between `base_frame` and the frame of the images; `NAME: x y z qx qy qz '
        'qw; NAME: tf` gives each, the pose of the optical frame in the base frame in metres. '
        'Empty, or not named: as in the map.',
        read_only=True,
    )
    base_frame: str = row(
        'base_link', "Frame of the robot's base, for `extrinsics` from TF.", read_only=True
    )
    image_transport: str = row(
        'auto',
        'Kind of image message; compressed images come on the topic with `/compressed` added; '
        '`auto` takes what is published, raw images before compressed ones.',
        choices=('auto', 'raw', 'compressed'),
        read_only=True,
    )
    image_reliability: str = row(
        'auto',
        'Reliability asked of the image publishers; `auto` asks for what all of them offer.',
        choices=('auto', 'reliable', 'best_effort'),
        read_only=True,
    )
    map_frame: str = row(
        '',
        "Frame of the published poses; empty: the one in the map's manifest, or `odom` in mode "
        '`loop_closing`.',
        read_only=True,
    )
    inference_threads: int = row(
        1,
        'Threads the query network may use; on two cores and more the local features of an image '
        'are extracted in another one at the same time.',
        low=1,
        high=64,
        read_only=True,
    )
    max_rate_hz: float = row(
        5.0, 'Images matched at most; 0: every image.', unit='Hz', low=0.0, high=1000.0
    )
    min_travel_m: float = row(
        0.1,
        'With odometry: an image is matched once the robot has moved this far since the last one '
        'that was, or turned by `min_turn_rad`; 0: every image.',
        unit='m',
        low=0.0,
        high=1000.0,
    )
    min_turn_rad: float = row(
        0.1, 'The same for turning; 0: every image.', unit='rad', low=0.0, high=3.1416
    )
    stationary_period_s: float = row(
        5.0,
        'With odometry: a robot that stands is matched once in this time all the same.',
        unit='s',
        low=0.0,
        high=3600.0,
    )
    odom_wait_s: float = row(
        0.1,
        'How long an image waits for odometry of its stamp, where odometry comes at all; then it '
        'is matched without.',
        unit='s',
        low=0.0,
        high=1.0,
    )
    max_image_age_s: float = row(
        1.0,
        'Older images are dropped; 0: none. Stamps more than a minute off the clock of the node '
        'count as stamps of another clock and are not dropped.',
        unit='s',
        low=0.0,
        high=60.0,
    )
    max_image_megapixels: float = row(
        MAX_PIXELS / 1e6,
        'Larger images are dropped, by the size in their header, before they are decoded; none '
        'takes more memory than about ten bytes a pixel.',
        unit='Mpx',
        low=0.01,
        high=MAX_PIXELS / 1e6,
    )
    top_k: int = _match_row('top_k')
    min_probability: float = _match_row('min_probability')
    min_similarity: float = _match_row('min_similarity')
    standardize_descriptors: bool = _match_row('standardize_descriptors')
    min_ratio: float = _match_row('min_ratio')
    distinct_radius_m: float = _match_row('distinct_radius_m')
    temporal_filter: str = _match_row('temporal_filter')
    max_speed_m_s: float = _match_row('max_speed_m_s')
    use_odometry: bool = _match_row('use_odometry')
    use_landmarks: bool = _match_row('use_landmarks')
    cool_down_s: float = _match_row('cool_down_s')
    position_covariance_scale: float = _match_row('position_covariance_scale')
    yaw_covariance_scale: float = _match_row('yaw_covariance_scale')
    keyframe_distance_m: float = start_row(
        SessionSettings.distance_m,
        'Mode `loop_closing`: a keyframe is taken after this distance.',
        unit='m',
        low=0.01,
        high=1000.0,
    )
    keyframe_rotation_rad: float = start_row(
        SessionSettings.rotation_rad, 'Or after this turn.', unit='rad', low=0.01, high=3.1416
    )
    min_loop_travel_m: float = start_row(
        SessionSettings.min_loop_travel_m,
        'Mode `loop_closing`: keyframes are matched with once the robot has driven on this far.',
        unit='m',
        low=0.0,
        high=100000.0,
    )
    max_keyframes: int = start_row(
        SessionSettings.max_keyframes,
        'Mode `loop_closing`: no more are taken, which bounds the memory: four bytes a number of '
        'the descriptor and about 8 kB each.',
        low=1,
        high=1000000,
    )
    save_path: str = start_row(
        '', 'Mode `loop_closing`: folder that `~/save_map` writes the session to, as a map.'
    )
    trigger_timeout_s: float = row(
        5.0, 'How long `~/trigger` waits for an image.', unit='s', low=0.1, high=60.0
    )


def match_settings(settings: Settings) -> MatchSettings:
    """Return the part of the parameters that the matcher takes."""
    values: dict[str, Any] = {}
    for name, info in setting_infos(adjustable_only=True).items():
        value = getattr(settings, name)
        # A range of floating-point parameters may let a value just below its limit pass.
        is_none = info.none_as is not None and value <= info.none_as
        values[name] = None if is_none else value
    return MatchSettings(**values)
