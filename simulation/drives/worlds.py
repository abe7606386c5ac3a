# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Difficult worlds for localisation, with mapping drives and query drives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from simulation.drives.record import Recordable
from simulation.drives.recording import record_drives
from simulation.drives.scenario import FULL, QUICK, Route, Scenario
from simulation.office import scenario as office
from simulation.office.scenario import OfficeDrive


@dataclass(frozen=True)
class World:
    """One map and the sets of queries against it.

    Attributes:
        name: of its folder.
        mapping: drives that the map is built from.
        queries: drives by the name of the set that they belong to.
        keyframe_m: between keyframes.
        wrong_m: an accepted pose farther from the truth is wrong.
    """

    name: str
    mapping: tuple[Recordable, ...]
    queries: Mapping[str, tuple[Recordable, ...]]
    keyframe_m: float
    wrong_m: float


def record_world(world: World, folder: Path, console: Console) -> None:
    """Write the bags of a world that are not in the folder yet."""
    queries = (drive for drives in world.queries.values() for drive in drives)
    record_drives(folder, [*world.mapping, *queries], console)


def in_light(world: World, light: str) -> World:
    """Return a world whose queries are driven in another light; the map stays as it is.

    Raises:
        ConfigError: the world has no such light.
    """
    queries = {
        f'{name}_{light}': tuple(drive.in_light(light) for drive in drives)
        for name, drives in world.queries.items()
    }
    return replace(world, queries=queries)


def _town(scenario: Scenario, outside: Sequence[Route]) -> World:
    """Return a town with the second drive of its demo, and drives where the map has no street."""
    query = scenario.query
    strange = tuple(
        replace(
            query,
            name=f'outside{index}',
            route=route,
            driving=replace(query.driving, speed_m_s=6.0, seed=query.driving.seed + 1 + index),
            seed=query.seed + 1 + index,
        )
        for index, route in enumerate(outside)
    )
    queries = {'demo_town': (query,), 'outside_map': strange}
    return World('town', (scenario.mapping,), queries, keyframe_m=2.0, wrong_m=15.0)


def _office(mapping: Sequence[OfficeDrive], queries: Sequence[OfficeDrive]) -> World:
    """Return the office; doors stand 3 m apart, so that a pose at the next door is wrong."""
    sets = {'door_corridor': tuple(queries)}
    return World('office', tuple(mapping), sets, keyframe_m=1.0, wrong_m=2.0)


#: The town's streets that its mapping drive neither enters nor crosses, there and back.
_OUTSIDE: tuple[Route, ...] = (
    ((0, 4), (1, 4), (2, 4), (3, 4), (4, 4), (4, 3), (4, 2), (4, 1), (4, 0), (3, 0)),
    ((3, 0), (4, 0), (4, 1), (4, 2), (4, 3), (3, 3), (3, 4), (2, 4), (1, 4), (0, 4)),
)
_WIDER = replace(QUICK.mapping.town, columns=4)
_QUICK_TOWN = Scenario(
    replace(QUICK.mapping, town=_WIDER), replace(QUICK.query, town=_WIDER)
)  # fmt: skip
_CORRIDOR: Route = ((0, 0), (1, 0), (2, 0))

WORLDS = (_office(office.MAPPING, office.QUERIES), _town(FULL, _OUTSIDE))
#: The same in small: one mapped corridor of one storey, two streets.
QUICK_WORLDS = (
    _office(
        [replace(office.MAPPING[0], route=_CORRIDOR)],
        [replace(office.QUERIES[storey], route=_CORRIDOR) for storey in (0, 2)],
    ),
    _town(_QUICK_TOWN, [((3, 0), (3, 1))]),
)
