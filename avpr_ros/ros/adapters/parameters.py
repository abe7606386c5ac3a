# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The table of parameters of ``avpr_adapter``.

``python -m avpr_ros.ros.adapters.parameters`` prints it as Markdown.
"""

from __future__ import annotations

from dataclasses import dataclass
import sys

from avpr_ros.ros.common.parameter_table import start_row
from avpr_ros.ros.common.parameters import markdown_table

MODES = (
    'initialpose',
    'robot_localization',
    'rtabmap_global_pose',
    'rtabmap_add_link',
    'cuvslam',
    'map_to_odom',
)

#: Matches that must agree where the parameter leaves it to the mode: three before something is
#: reset, two before a graph keeps them, one where a filter weighs every pose itself.
AGREEING = {
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
    dry_run: bool = start_row(
        False, 'Reports on `~/decisions` what would be sent, and sends nothing.'
    )
    map_frame: str = start_row(
        '', 'Frame the consumer calls its map; poses in another one are refused. Empty: any.'
    )
    base_frame: str = start_row('base_link', "Frame of the robot's base.")
    odom_frame: str = start_row('odom', 'Frame of the odometry, for `map_to_odom`.')
    min_consistent_matches: int = start_row(
        0,
        'Matches in a row that must agree; 0: what the mode needs (3 where the consumer is reset '
        'or moved, 2 for RTAB-Map, 1 for robot_localization).',
        low=0,
        high=100,
    )
    agree_radius_m: float = start_row(
        2.0,
        "Largest distance between two matches that agree, the robot's motion taken off. Without "
        'odometry it must cover the way driven between them.',
        unit='m',
        low=0.01,
        high=1000.0,
    )
    agree_yaw_rad: float = start_row(
        0.8, 'Largest turn between two that agree, likewise.', unit='rad', low=0.01, high=3.15
    )
    agree_window_s: float = start_row(
        20.0, 'They must lie within this time.', unit='s', low=0.1, high=3600.0
    )
    agree_travel_m: float = start_row(
        0.0,
        'Only matches this far apart count as further evidence, since the same view repeats the '
        'same mistake; needs odometry. 0: also a robot that stands still is placed.',
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
        True, "Send a pose at the start, the consumer's too, without being asked."
    )
    lost_after_s: float = start_row(
        10.0,
        'The consumer is lost when its own estimate is off the matches for so long; 0: never.',
        unit='s',
        low=0.0,
        high=3600.0,
    )
    lost_distance_m: float = start_row(
        5.0, 'Off means further than this.', unit='m', low=0.1, high=1000.0
    )
    lost_yaw_rad: float = start_row(
        1.2, 'Or turned by more than this.', unit='rad', low=0.05, high=3.15
    )
    position_floor_m: float = start_row(
        0.1, 'Smallest standard deviation of x, y, z passed on.', unit='m', low=1e-3, high=100.0
    )
    angle_floor_rad: float = start_row(
        0.05, 'Smallest standard deviation of rotations.', unit='rad', low=1e-3, high=3.0
    )
    odometry_wait_s: float = start_row(
        0.5, 'How long a match waits for odometry of its stamp.', unit='s', low=0.0, high=10.0
    )

    def agreeing_matches(self) -> int:
        """Return how many matches must agree in this mode."""
        return self.min_consistent_matches or AGREEING[self.mode]


if __name__ == '__main__':
    sys.stdout.write(f'{markdown_table(AdapterSettings)}\n')
