# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Paints single frames of a drive: town, traffic, renderer and weather together."""

from __future__ import annotations

from typing import Protocol

from simulation.drives.bag_writer import encode_jpeg
from simulation.drives.drives import Drive
from simulation.rendering.camera import BASE_FROM_CAMERA, Camera
from simulation.rendering.night import Night, NightAir
from simulation.rendering.renderer import Renderer
from simulation.rendering.world import World
from simulation.town.lit_windows import with_car_lights, with_lit_windows
from simulation.town.town import TownSpec, build_town
from simulation.town.traffic import movers_of, parked_cars, places_at
from simulation.town.weather import Air, Weather


class PaintedDrive(Protocol):
    """What a painter needs of a drive through a town."""

    @property
    def town(self) -> TownSpec:
        """Town that it goes through."""
        ...

    @property
    def weather(self) -> Weather | Night:
        """Light and air."""
        ...

    @property
    def parked_share(self) -> float:
        """Share of the parking places that are taken."""
        ...

    @property
    def met_per_km(self) -> float:
        """Oncoming cars, and people, met on a kilometre."""
        ...

    @property
    def seed(self) -> int:
        """Seed of the traffic."""
        ...

    def drive(self) -> Drive:
        """Drive it."""
        ...


class Painter:
    """One process's copy of the town under the drive's light and traffic."""

    def __init__(self, spec: PaintedDrive) -> None:
        """Build the town and load it into the renderer: a few seconds."""
        town = build_town(spec.town)
        self._drive = spec.drive()
        self._movers = movers_of(self._drive, spec.met_per_km, spec.seed)
        surfaces = [*town.world.surfaces, *parked_cars(town, spec.parked_share, spec.seed)]
        moving = [mover.surfaces for mover in self._movers]
        weather = spec.weather
        self._air: Air | NightAir
        if isinstance(weather, Night):
            surfaces, _ = with_lit_windows(surfaces, weather.lit_share, weather.seed)
            moving = [with_car_lights(one) for one in moving]
            self._air = NightAir(weather, town.world.lamps_m)
        else:
            self._air = Air(weather, town.world.columns)
        self._camera = Camera()
        world = World(surfaces, town.world.columns)
        self._renderer = Renderer(world, moving, self._camera)

    def paint(self, frame: int, time_s: float) -> bytes:
        """Return one frame as JPEG."""
        pose = self._drive.pose_at(time_s) @ BASE_FROM_CAMERA
        view = self._renderer.view(pose, places_at(self._drive, self._movers, time_s))
        size = (self._camera.width_px, self._camera.height_px)
        return encode_jpeg(self._air.photograph(view, size, frame))
