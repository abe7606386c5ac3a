# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The drives through the office: mapped storeys and query storeys."""

from __future__ import annotations

from dataclasses import dataclass, replace

from avpr_ros.errors import ConfigError
from avpr_ros.stamps import NS_PER_S
from simulation.drives.drift import WHEELS, Drift
from simulation.drives.drives import Drive, Driving, drive_along
from simulation.drives.record import FramePainter
from simulation.office.lamps import LATE_EVENING, NIGHT_WATCH, WORKING_DAY, Lighting
from simulation.office.plan import OFFICE_PLAN, Node
from simulation.office.storey import height_m
from simulation.rendering.night import Night

_START_NS = 1_768_000_000 * NS_PER_S
_HOUR_NS = 3600 * NS_PER_S


@dataclass(frozen=True)
class OfficeDrive:
    """One drive over one storey before it is driven.

    Attributes:
        name: of the bag.
        storey: from 0.
        route: crossings of the plan, each next to the one before.
        driving: speed, offset, weave.
        lighting: of the lamps and windows.
        open_share: of the doors that stand open.
        seed: of the open doors and the odometry's noise.
        start_ns: stamp of the first picture.
        drift: of its odometry; None for poses as good as a surveyor's.
    """

    name: str
    storey: int
    route: tuple[Node, ...]
    driving: Driving
    lighting: Lighting | Night
    open_share: float
    seed: int
    start_ns: int
    drift: Drift | None = None

    @property
    def light(self) -> str:
        """Return the name of its light."""
        return self.lighting.name

    def drive(self) -> Drive:
        """Drive it."""
        return drive_along(OFFICE_PLAN.grid, self.route, self.driving, height_m(self.storey))

    def painter(self) -> FramePainter:
        """Build the storey and load it into a renderer."""
        from simulation.office.painter import OfficePainter

        return OfficePainter(self)

    def in_light(self, light: str) -> OfficeDrive:
        """Return the same drive at night, with the light's name after the bag's.

        Raises:
            ConfigError: another light, which does not reach indoors.
        """
        if light != 'night':
            raise ConfigError(f'there is no {light} light in the office; use night')
        return replace(self, name=f'{self.name}_{light}', lighting=NIGHT_WATCH)


#: Both long corridors and the short one in the east: neither the one in the west nor the link.
_MAPPING_ROUTE: tuple[Node, ...] = ((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (0, 1))
#: The same, then through the link, which no storey has in the map, and on where it is mapped.
_QUERY_ROUTE: tuple[Node, ...] = ((0, 0), (1, 0), (2, 0), (2, 1), (1, 1), (1, 0), (2, 0))
MAPPED_STOREYS = (0, 1)
OTHER_STOREYS = (2, 3)


def _mapping(storey: int) -> OfficeDrive:
    return OfficeDrive(
        f'map{storey}',
        storey,
        _MAPPING_ROUTE,
        Driving(0.9, 2.0, 0.0, 0.06, 0.01, 40 + storey, lane_m=0.0, corner_m=1.5),
        WORKING_DAY,
        0.1,
        50 + storey,
        _START_NS + storey * _HOUR_NS,
    )


def _query(storey: int) -> OfficeDrive:
    return OfficeDrive(
        f'query{storey}',
        storey,
        _QUERY_ROUTE,
        Driving(1.2, 2.5, 0.25, 0.12, 0.04, 60 + storey, lane_m=0.0, corner_m=1.5),
        LATE_EVENING,
        0.1,
        70 + storey,
        _START_NS + (9 + storey) * _HOUR_NS,
        WHEELS,
    )


MAPPING = tuple(_mapping(storey) for storey in MAPPED_STOREYS)
QUERIES = tuple(_query(storey) for storey in (*MAPPED_STOREYS, *OTHER_STOREYS))
