# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo's two drives: which town, which route, how and under which sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from avpr_ros.stamps import NS_PER_S
from simulation.drives.drift import WHEELS, Drift
from simulation.drives.drives import Drive, Driving, drive_along
from simulation.drives.record import FramePainter
from simulation.rendering.night import NIGHT, Night
from simulation.town.town import TownSpec
from simulation.town.weather import EVENING, MORNING, WINTER, Weather

Route = tuple[tuple[int, int], ...]

_START_NS = 1_767_000_000 * NS_PER_S
#: Other lights that any drive can be driven in.
LIGHTS: Mapping[str, Weather | Night] = {'night': NIGHT, 'winter': WINTER}


@dataclass(frozen=True)
class DriveSpec:
    """One drive through a town before it is driven.

    Attributes:
        name: of the bag.
        town: that it goes through.
        route: crossings, each next to the one before.
        driving: speed, lane offset, weave.
        weather: light and air.
        parked_share: of the parking places that are taken.
        met_per_km: oncoming cars, and people, met on a kilometre.
        seed: of everything else that is random in this drive.
        start_ns: stamp of the first picture.
        drift: of its odometry; None for poses as good as a surveyor's.
    """

    name: str
    town: TownSpec
    route: Route
    driving: Driving
    weather: Weather | Night
    parked_share: float
    met_per_km: float
    seed: int
    start_ns: int
    drift: Drift | None = None

    @property
    def light(self) -> str:
        """Return the name of its light."""
        return self.weather.name

    def drive(self) -> Drive:
        """Drive it."""
        return drive_along(self.town.grid(), self.route, self.driving)

    def painter(self) -> FramePainter:
        """Build the town and load it into a renderer: seconds."""
        from simulation.drives.painter import Painter

        return Painter(self)

    def in_light(self, light: str) -> DriveSpec:
        """Return the same drive in one of ``LIGHTS``, with its name after the bag's."""
        return replace(self, name=f'{self.name}_{light}', weather=LIGHTS[light])


@dataclass(frozen=True)
class Scenario:
    """A town, the drive that maps it and the drive that is localised in the map."""

    mapping: DriveSpec
    query: DriveSpec


#: Streets revisited in the same direction, in the opposite one, and crossed at right angles.
_MAPPING_ROUTE: Route = (
    (0, 1), (1, 1), (2, 1), (3, 1), (3, 2), (2, 2), (1, 2), (1, 1), (2, 1), (2, 0),
    (1, 0), (0, 0), (0, 1), (1, 1), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3), (2, 2),
)  # fmt: skip
#: The same streets in the directions mapped, in another order, with turns that were not mapped.
_QUERY_ROUTE: Route = (
    (1, 1), (2, 1), (3, 1), (3, 2), (2, 2), (1, 2), (0, 2), (0, 3), (1, 3), (2, 3),
    (2, 2), (1, 2), (1, 1), (2, 1), (2, 0), (1, 0), (0, 0), (0, 1), (1, 1),
)  # fmt: skip


def _scenario(columns: int, rows: int, mapping: Route, query: Route) -> Scenario:
    town = TownSpec(columns, rows, 7)
    return Scenario(
        DriveSpec(
            'drive1', town, mapping, Driving(6.0, 3.0, 0.0, 0.1, 0.01, 11), MORNING, 0.35, 6.0, 21,
            _START_NS,
        ),
        DriveSpec(
            'drive2', town, query, Driving(8.0, 4.0, 1.2, 0.35, 0.04, 12), EVENING, 0.35, 18.0, 22,
            _START_NS + 9 * 3600 * NS_PER_S, WHEELS,
        ),
    )  # fmt: skip


FULL = _scenario(5, 5, _MAPPING_ROUTE, _QUERY_ROUTE)
QUICK = _scenario(2, 2, ((0, 0), (1, 0), (1, 1)), ((0, 0), (1, 0), (1, 1)))


def third_drive(scenario: Scenario, light: str) -> DriveSpec:
    """Return one more drive over the query's route: another light, traffic, weave and speed."""
    query = scenario.query
    driving = replace(query.driving, speed_m_s=7.0, rate_hz=3.5, offset_m=0.6, seed=13)
    other = replace(
        query, name='drive3', driving=driving, seed=23, start_ns=_START_NS + 15 * 3600 * NS_PER_S
    )
    return other.in_light(light)
