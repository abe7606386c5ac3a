# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Paints single frames of a drive through the office."""

from __future__ import annotations

from typing import Protocol

from simulation.drives.bag_writer import encode_jpeg
from simulation.drives.drives import Drive
from simulation.office.lamps import Lamps, Lighting
from simulation.office.plan import OFFICE_PLAN
from simulation.office.storey import build_storey, height_m
from simulation.rendering.camera import BASE_FROM_CAMERA, Camera
from simulation.rendering.renderer import Renderer


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
    def lighting(self) -> Lighting:
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
        self._renderer = Renderer(world, camera=self._camera)
        self._lamps = Lamps(spec.lighting, OFFICE_PLAN, height_m(spec.storey))

    def paint(self, frame: int, time_s: float) -> bytes:
        """Return one frame as JPEG."""
        view = self._renderer.view(self._drive.pose_at(time_s) @ BASE_FROM_CAMERA)
        size = (self._camera.width_px, self._camera.height_px)
        return encode_jpeg(self._lamps.photograph(view, size, frame))
