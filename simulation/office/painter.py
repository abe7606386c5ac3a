# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Paints single frames of a drive through the office."""

from __future__ import annotations

from typing import Protocol

from simulation.drives.bag_writer import encode_jpeg
from simulation.drives.drives import Drive
from simulation.office.lamps import Lamps, Lighting, night_lamps_m
from simulation.office.plan import OFFICE_PLAN
from simulation.office.storey import build_storey, height_m
from simulation.rendering.camera import BASE_FROM_CAMERA, Camera
from simulation.rendering.night import Night, NightAir, dull
from simulation.rendering.renderer import Renderer
from simulation.rendering.world import World


class PaintedOfficeDrive(Protocol):
    """What a painter needs of a drive over a storey."""

    @property
    def storey(self) -> int:
        """Number of the storey, from 0."""
        ...

    @property
    def open_share(self) -> float:
        """Share of the doors that stand open."""
        ...

    @property
    def seed(self) -> int:
        """Seed of the open doors."""
        ...

    @property
    def lighting(self) -> Lighting | Night:
        """Light of the lamps and windows."""
        ...

    def drive(self) -> Drive:
        """Drive it."""
        ...


class OfficePainter:
    """One process's copy of a storey under the drive's light."""

    def __init__(self, spec: PaintedOfficeDrive) -> None:
        """Build the storey and load it into the renderer."""
        self._drive = spec.drive()
        self._camera = Camera()
        world = build_storey(spec.storey, spec.open_share, spec.seed)
        lighting, floor_m = spec.lighting, height_m(spec.storey)
        self._lamps: Lamps | NightAir
        if isinstance(lighting, Night):
            world = World(dull(world.surfaces), world.columns)
            self._lamps = NightAir(lighting, night_lamps_m(OFFICE_PLAN, floor_m))
        else:
            self._lamps = Lamps(lighting, OFFICE_PLAN, floor_m)
        self._renderer = Renderer(world, camera=self._camera)

    def paint(self, frame: int, time_s: float) -> bytes:
        """Return one frame as JPEG."""
        view = self._renderer.view(self._drive.pose_at(time_s) @ BASE_FROM_CAMERA)
        size = (self._camera.width_px, self._camera.height_px)
        return encode_jpeg(self._lamps.photograph(view, size, frame))
