# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters of ``avpr_adapter``."""

from __future__ import annotations

from dataclasses import dataclass

from avpr_ros.ros.common.parameter_table import start_row

MODES = (
    'initialpose',
    'robot_localization',
    'rtabmap_global_pose',
    'rtabmap_add_link',
    'cuvslam',
    'map_to_odom',
)

#: Default number of matches that must agree, by mode: three where the consumer is reset, two
#: where a graph stores them, one where a filter weighs every pose itself.
CONSISTENT_MATCHES = {
    'initialpose': 3,
    'robot_localization': 1,
    'rtabmap_global_pose': 2,
    'rtabmap_add_link': 2,
    'cuvslam': 3,
    'map_to_odom': 3,
}


@dataclass(frozen=True)
class AdapterSettings:
    """The parameters and their values; each field is one line of the table."""

    mode: str = start_row('initialpose', 'The consumer.', choices=MODES)
    dry_run: bool = start_row(False, 'Reports on `~/decisions` what would be sent; sends nothing.')
    map_frame: str = start_row(
        '', "The consumer's map frame; poses in other frames are rejected. Empty: any."
    )
    base_frame: str = start_row('base_link', "Frame of the robot's base.")
    odom_frame: str = start_row('odom', 'Frame of the odometry, for `map_to_odom`.')
    min_consistent_matches: int = start_row(
        0,
        'Successive matches that must agree; 0: by mode (3 where the consumer is reset or moved, '
        '2 for RTAB-Map, 1 for robot_localization).',
        low=0,
        high=100,
    )
    agree_radius_m: float = start_row(
        2.0,
        'Largest distance between two matches that agree, after subtracting odometry motion. '
        'Without odometry it must cover the distance driven between them.',
        unit='m',
        low=0.01,
        high=1000.0,
    )
    agree_yaw_rad: float = start_row(
        0.8,
        'Largest rotation between two matches that agree, likewise.',
        unit='rad',
        low=0.01,
        high=3.15,
    )
    agree_window_s: float = start_row(
        20.0,
        'Longest time between the first and the last match that must agree.',
        unit='s',
        low=0.1,
        high=3600.0,
    )
    agree_travel_m: float = start_row(
        0.0,
        'Distance driven between two matches that both count, since the same view repeats the '
        'same error; needs odometry. 0: matches of a stationary robot count too.',
        unit='m',
        low=0.0,
        high=100.0,
    )
    cool_down_s: float = start_row(
        10.0,
        'Shortest time between two poses that reset the consumer.',
        unit='s',
        low=0.0,
        high=3600.0,
    )
    send_on_startup: bool = start_row(
        True, "Send a pose at the adapter's and the consumer's startup without a request."
    )
    lost_after_s: float = start_row(
        10.0,
        'The consumer counts as lost when its own estimate disagrees with the matches for this '
        'long; 0: never.',
        unit='s',
        low=0.0,
        high=3600.0,
    )
    lost_distance_m: float = start_row(
        5.0,
        'Distance between estimate and match from which on they disagree.',
        unit='m',
        low=0.1,
        high=1000.0,
    )
    lost_yaw_rad: float = start_row(
        1.2,
        'Difference of their headings from which on they disagree.',
        unit='rad',
        low=0.05,
        high=3.15,
    )
    position_floor_m: float = start_row(
        0.1, 'Smallest standard deviation of x, y, z sent.', unit='m', low=1e-3, high=100.0
    )
    angle_floor_rad: float = start_row(
        0.05, 'Smallest standard deviation of rotations sent.', unit='rad', low=1e-3, high=3.0
    )
    odometry_wait_s: float = start_row(
        0.5, 'Longest wait of a match for odometry at its stamp.', unit='s', low=0.0, high=10.0
    )

    def consistent_matches(self) -> int:
        """Return how many matches must agree in this mode."""
        return self.min_consistent_matches or CONSISTENT_MATCHES[self.mode]
