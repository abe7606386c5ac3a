# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The one table of the parameters of ``avpr_localizer``: each field is one line of it."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.gallery.online_gallery import SessionSettings
from avpr_ros.localization.settings import TEMPORAL_FILTERS, MatchSettings
from avpr_ros.ros.common.parameter_table import row, start_row


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
    query_network: str = row(
        '', 'ONNX file of the query network, its manifest beside it.', read_only=True
    )
    cameras: tuple[str, ...] = row(
        ('camera',),
        'Names of the cameras, as in the map where their mountings matter: one listens on '
        '`image`, several on `NAME/image` each.',
        read_only=True,
    )
    extrinsics: str = row(
        '',
        'How the cameras are mounted: `tf` takes it from `/tf_static`, between `base_frame` and '
        'the frame of the images; `NAME: x y z qx qy qz qw; NAME: tf` says it for each camera, '
        'its optical frame seen from the base in metres. Empty, or not named: as in the map.',
        read_only=True,
    )
    base_frame: str = row(
        'base_link', "Frame of the robot's base, for `extrinsics` from TF.", read_only=True
    )
    image_transport: str = row(
        'raw',
        'Kind of image message; compressed images come on the topic with `/compressed` added.',
        choices=('raw', 'compressed'),
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
        'Threads the query network may use; on two cores and more the corners of an image are '
        'found beside it.',
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
    top_k: int = row(MatchSettings.top_k, 'Candidates reported for an image.', low=1, high=100)
    min_probability: float = row(
        MatchSettings.min_probability,
        'Smallest probability of an accepted match, by the calibration of the query network, '
        'where a mapped place and one outside the map are as likely before the image is seen.',
        low=0.01,
        high=0.999,
    )
    min_similarity: float = row(
        -1.0,
        'Smallest cosine similarity of an accepted match, instead of `min_probability`; -1: not '
        'used.',
        low=-1.0,
        high=1.0,
    )
    min_ratio: float = row(
        MatchSettings.min_ratio,
        'Smallest ratio of the best similarity to that of the best other place.',
        low=1.0,
        high=100.0,
    )
    distinct_radius_m: float = row(
        0.0,
        'Distance at which another place begins; 0: five keyframe spacings of the map.',
        unit='m',
        low=0.0,
        high=10000.0,
    )
    temporal_filter: str = row(
        MatchSettings.temporal_filter,
        'How images support each other: `none`: not at all; `consistency`: the best candidates of '
        'two of the three images before must lie near; `bayes`: a filter along the map, see '
        'docs/tuning.md.',
        choices=TEMPORAL_FILTERS,
    )
    max_speed_m_s: float = row(
        MatchSettings.max_speed_m_s,
        'Highest speed of the robot; how far apart the matches of successive images may lie, on '
        'top of `distinct_radius_m`.',
        unit='m/s',
        low=0.01,
        high=100.0,
    )
    use_odometry: bool = row(
        MatchSettings.use_odometry,
        'Where odometry comes, matches must be pairwise consistent with it, and the Bayes filter '
        'predicts by it.',
    )
    use_landmarks: bool = row(
        MatchSettings.use_landmarks,
        'Where the map has local features, they verify the place and measure the pose; without, '
        'scores alone decide and the pose is that of a keyframe.',
    )
    cool_down_s: float = row(
        MatchSettings.cool_down_s,
        'Least time between two accepted matches; 0: none.',
        unit='s',
        low=0.0,
        high=3600.0,
    )
    position_covariance_scale: float = row(
        MatchSettings.position_covariance_scale,
        'Factor on the standard deviations of x, y and z.',
        low=0.01,
        high=100.0,
    )
    yaw_covariance_scale: float = row(
        MatchSettings.yaw_covariance_scale,
        'Factor on the standard deviation of yaw.',
        low=0.01,
        high=100.0,
    )
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
    return MatchSettings(
        top_k=settings.top_k,
        min_probability=settings.min_probability,
        min_similarity=None if settings.min_similarity <= -1.0 else settings.min_similarity,
        min_ratio=settings.min_ratio,
        distinct_radius_m=settings.distinct_radius_m or None,
        temporal_filter=settings.temporal_filter,
        max_speed_m_s=settings.max_speed_m_s,
        use_odometry=settings.use_odometry,
        use_landmarks=settings.use_landmarks,
        cool_down_s=settings.cool_down_s,
        position_covariance_scale=settings.position_covariance_scale,
        yaw_covariance_scale=settings.yaw_covariance_scale,
    )
