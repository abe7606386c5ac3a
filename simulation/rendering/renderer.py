# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Draws a world with PyBullet's software renderer: colour, position and normal per pixel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import tempfile
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray
import pybullet
from scipy.spatial.transform import Rotation

from avpr_ros.poses import Pose
from simulation.rendering.batches import join
from simulation.rendering.camera import Camera, View
from simulation.rendering.world import Surface, World

_NEAR_M = 0.25
_FAR_M = 260.0
#: Where moving objects wait while a frame does not show them.
_AWAY_M = (0.0, 0.0, -500.0)


class Renderer:
    """A world loaded into PyBullet's TinyRenderer; use as a context manager."""

    def __init__(
        self,
        world: World,
        movers: Sequence[Sequence[Surface]] = (),
        camera: Camera | None = None,
        factor: int = 2,
    ) -> None:
        """Load the world.

        Args:
            world: what stands still.
            movers: objects in their own frames, placed anew for every view.
            camera: default 320 x 240, 90 degrees wide.
            factor: rays a pixel along each axis; TinyRenderer itself does not smooth.
        """
        self._camera = camera or Camera()
        self._factor = factor
        self._client = pybullet.connect(pybullet.DIRECT)
        self._textures: dict[int, int] = {}
        self._normals: dict[int, NDArray[np.float32]] = {}
        with tempfile.TemporaryDirectory() as folder:
            for surface in join(world.surfaces):
                self._load(surface, Path(folder))
            self._movers = [[self._load(s, Path(folder)) for s in mover] for mover in movers]
        self._mover_surfaces = [list(mover) for mover in movers]
        for index in range(len(movers)):
            self._place(index, None)
        self._rays = self._camera.rays(factor)

    def __enter__(self) -> Renderer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pybullet.disconnect(self._client)

    def view(self, map_from_camera: Pose, movers: Sequence[Pose | None] = ()) -> View:
        """Draw what the camera sees; ``movers`` gives each moving object a place or none."""
        for index, pose in enumerate(movers):
            self._place(index, pose)
        height, width = self._rays.shape[:2]
        origin = map_from_camera.translation_m
        forward, up = map_from_camera.rotation.apply([[0, 0, 1], [0, -1, 0]])
        _, _, rgba, buffer, segments = pybullet.getCameraImage(
            width,
            height,
            pybullet.computeViewMatrix(origin, origin + forward, up),
            self._projection(),
            renderer=pybullet.ER_TINY_RENDERER,
            shadow=0,
            lightDirection=[0, 0, 1],
            lightAmbientCoeff=1.0,
            lightDiffuseCoeff=0.0,
            lightSpecularCoeff=0.0,
            physicsClientId=self._client,
        )
        albedo = np.reshape(rgba, (height, width, 4))[..., :3].astype(np.uint8)
        body = np.reshape(segments, (height, width))
        depth = (
            _FAR_M
            * _NEAR_M
            / (
                _FAR_M
                - (_FAR_M - _NEAR_M) * np.reshape(buffer, (height, width)).astype(np.float32)
            )
        )
        matrix = map_from_camera.rotation.as_matrix().astype(np.float32)
        rays = self._rays @ matrix.T
        points = origin.astype(np.float32) + rays * depth[..., None]
        normals = self._normal_image(body, points, rays)
        return View(albedo, rays, depth, points, normals, body < 0)

    def _projection(self) -> Sequence[float]:
        """Return OpenGL's projection; TinyRenderer samples pixels at their lower left corner."""
        width, height = self._rays.shape[1::-1]
        pixel_m = _NEAR_M / (self._camera.focal_px * self._factor)
        left, bottom = (-size / 2 * pixel_m + pixel_m / 2 for size in (width, height))
        matrix: Sequence[float] = pybullet.computeProjectionMatrix(
            left, left + width * pixel_m, bottom, bottom + height * pixel_m, _NEAR_M, _FAR_M
        )
        return matrix

    def _normal_image(
        self,
        body: NDArray[np.int32],
        points: NDArray[np.float32],
        rays: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Look up the normals of planes; take those of curved surfaces from their depth."""
        table = np.zeros((max(self._normals) + 2, 3), np.float32)
        for index, normal in self._normals.items():
            table[index] = normal
        normals = table[body]
        curved = (table == 0).all(-1)
        curved[-1] = False
        rows, columns = np.nonzero(curved[body])
        if len(rows):
            height, width = body.shape
            here = points[rows, columns]
            right = points[rows, np.minimum(columns + 1, width - 1)] - here
            down = points[np.minimum(rows + 1, height - 1), columns] - here
            cross = np.cross(down, right)
            cross *= -np.sign((cross * rays[rows, columns]).sum(-1, keepdims=True))
            length = np.maximum(np.linalg.norm(cross, axis=-1), 1e-9)
            normals[rows, columns] = cross / length[:, None]
        return normals

    def _load(self, surface: Surface, folder: Path) -> int:
        key = id(surface.texture)
        if key not in self._textures:
            path = folder / f'{len(self._textures)}.bmp'
            cv2.imwrite(str(path), surface.texture[..., ::-1])
            self._textures[key] = pybullet.loadTexture(str(path), physicsClientId=self._client)
        normal = np.array([0.0, 0.0, 1.0]) if surface.normal is None else surface.normal
        shape = pybullet.createVisualShape(
            pybullet.GEOM_MESH,
            vertices=surface.vertices_m.tolist(),
            indices=surface.triangles.ravel().tolist(),
            uvs=surface.uvs.tolist(),
            normals=[normal.tolist()] * len(surface.vertices_m),
            physicsClientId=self._client,
        )
        body = int(pybullet.createMultiBody(0, -1, shape, physicsClientId=self._client))
        pybullet.changeVisualShape(
            body,
            -1,
            textureUniqueId=self._textures[key],
            rgbaColor=[1, 1, 1, 1],
            physicsClientId=self._client,
        )
        still = np.zeros(3) if surface.normal is None else surface.normal
        self._normals[body] = still.astype(np.float32)
        return body

    def _place(self, index: int, pose: Pose | None) -> None:
        position = _AWAY_M if pose is None else pose.translation_m.tolist()
        rotation = Rotation.identity() if pose is None else pose.rotation
        for body, surface in zip(self._movers[index], self._mover_surfaces[index], strict=True):
            pybullet.resetBasePositionAndOrientation(
                body, position, rotation.as_quat().tolist(), physicsClientId=self._client
            )
            if surface.normal is not None:
                self._normals[body] = rotation.apply(surface.normal).astype(np.float32)
