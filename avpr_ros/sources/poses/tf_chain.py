# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Transforms of ``tf2_msgs/TFMessage``: a graph of frames and chains through it over time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
import math
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from avpr_ros.arrays import IntArray
from avpr_ros.poses import Pose
from avpr_ros.sources.bags.messages import frame_id, transform_values
from avpr_ros.sources.poses.frames import is_odometry
from avpr_ros.sources.poses.pose_track import LARGEST, PosesAt, PoseTrack
from avpr_ros.sources.poses.unchanging import Edge, unchanging
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import stamp_ns

#: Repeated fixed transforms that differ by no more are the same.
_SAME_M, _SAME_RAD = 0.01, 0.02


@dataclass(frozen=True)
class _Step:
    """One transform of a chain, fixed or moving, to be inverted or not."""

    moving: PoseTrack | None
    fixed: Pose
    inverted: bool
    parent: str = ''

    def at(self, stamps_ns: IntArray, max_gap_s: float) -> PosesAt:
        if self.moving is None:
            count = len(stamps_ns)
            poses = PosesAt(
                np.ones(count, dtype=np.bool_),
                np.tile(self.fixed.translation_m, (count, 1)),
                Rotation.from_quat(np.tile(self.fixed.rotation.as_quat(), (count, 1))),
            )
        else:
            poses = self.moving.at(stamps_ns, max_gap_s)
        if not self.inverted:
            return poses
        rotations = poses.rotations.inv()
        return PosesAt(poses.valid, -rotations.apply(poses.translations_m), rotations)


@dataclass(frozen=True)
class Chain:
    """Several transforms one after the other; each is interpolated by itself, as tf2 does."""

    steps: tuple[_Step, ...]

    def then(self, fixed: Pose) -> Chain:
        """Return the chain with one fixed transform more at its end."""
        return Chain((*self.steps, _Step(None, fixed, False)))

    @classmethod
    def from_track(cls, moving: PoseTrack) -> Chain:
        """Return a chain of one moving transform."""
        return cls((_Step(moving, Pose.identity(), False),))

    def at(self, stamps_ns: IntArray, max_gap_s: float) -> PosesAt:
        """Return poses at (N,) stamps; valid where every moving transform is."""
        total = _Step(None, Pose.identity(), False).at(stamps_ns, max_gap_s)
        for step in self.steps:
            part = step.at(stamps_ns, max_gap_s)
            total = PosesAt(
                total.valid & part.valid,
                total.rotations.apply(part.translations_m) + total.translations_m,
                total.rotations * part.rotations,
            )
        return total

    @property
    def moves(self) -> bool:
        """Return whether any of its transforms changes over time."""
        return any(step.moving is not None for step in self.steps)

    def checks(self) -> tuple[PreflightCheck, ...]:
        """Return what was wrong with the samples of its moving transforms."""
        return tuple(
            check
            for step in self.steps
            if step.moving is not None
            for check in step.moving.checks(odometry=is_odometry(step.parent))
        )

    def sample_stamps_ns(self) -> IntArray:
        """Return the stamps of all samples of its moving transforms."""
        tracks = [step.moving.stamps_ns for step in self.steps if step.moving is not None]
        return np.asarray(np.unique(np.concatenate(tracks)), dtype=np.int64)

    def span_ns(self) -> tuple[int, int]:
        """Return the time that all moving transforms share, first to last stamp."""
        spans = [step.moving.span_ns() for step in self.steps if step.moving is not None]
        return max(begin for begin, _ in spans), min(end for _, end in spans)

    def largest_gap_s(self, begin_ns: int, end_ns: int) -> float:
        """Return the longest time without a sample of some moving transform, seconds."""
        moving = [step.moving for step in self.steps if step.moving is not None]
        return max(part.largest_gap_s(begin_ns, end_ns) for part in moving)


class TransformGraph:
    """All transforms of a recording."""

    def __init__(self) -> None:
        self._fixed: dict[Edge, Pose] = {}
        self._changed: dict[Edge, tuple[float, float]] = {}
        self._stamps: dict[Edge, list[int]] = {}
        self._unusable: dict[Edge, None] = {}
        self._values: dict[Edge, list[list[float]]] = {}

    def add_fixed(self, message: Any) -> None:
        """Add a message of /tf_static; a repeated transform replaces the old one."""
        for transform in message.transforms:
            edge = (frame_id(transform.header), transform.child_frame_id.lstrip('/'))
            values = np.asarray(transform_values(transform.transform))
            if (np.abs(values) < LARGEST).all() and 0.5 < np.linalg.norm(values[3:]) < 2.0:
                pose = Pose.from_xyz_quaternion(values)
                known = self._fixed.setdefault(edge, pose)
                apart = known.distance_m(pose), known.angle_rad(pose)
                if apart[0] > _SAME_M or apart[1] > _SAME_RAD:
                    self._changed[edge] = apart
                self._fixed[edge] = pose
            else:
                self._unusable[edge] = None

    def unusable_fixed(self) -> list[str]:
        """Return the transforms of /tf_static that hold no pose, as ``parent -> child``."""
        return [f'{a} -> {b}' for a, b in self._unusable if (a, b) not in self._fixed]

    def add_moving(self, message: Any) -> None:
        """Take a message of /tf."""
        for transform in message.transforms:
            edge = (frame_id(transform.header), transform.child_frame_id.lstrip('/'))
            self._stamps.setdefault(edge, []).append(stamp_ns(transform.header.stamp))
            self._values.setdefault(edge, []).append(transform_values(transform.transform))

    def frames(self) -> list[str]:
        """Return every frame's name, sorted."""
        return sorted({name for edge in (*self._fixed, *self._stamps) for name in edge})

    def parents(self, child: str) -> list[str]:
        """Return the frames that a frame is given in, sorted; TF allows one."""
        edges = {*self._fixed, *self._stamps}
        return sorted(parent for parent, name in edges if name == child)

    def checks(self) -> tuple[PreflightCheck, ...]:
        """Return what contradicts itself in the fixed transforms."""
        return tuple(
            PreflightCheck(
                'transforms',
                'warning',
                f'/tf_static gives {child} in {parent} twice, {apart_m:.2f} m and '
                f'{math.degrees(apart_rad):.1f} degrees apart; the last one is used. Record one '
                'publisher of it.',
            )
            for (parent, child), (apart_m, apart_rad) in self._changed.items()
        )

    def fixed_pose(self, target: str, source: str) -> Pose | None:
        """Return ``target_from_source`` through fixed transforms alone, or None."""
        return self._product(target, source, self._fixed)

    def constant_pose(
        self, target: str, source: str, others: Mapping[Edge, Pose] | None = None
    ) -> Pose | None:
        """Return ``target_from_source`` through fixed transforms and such as never changed.

        Args:
            target: name of the frame.
            source: name of the other.
            others: further transforms that do not change, by parent and child.
        """
        constant = {
            edge: Pose.from_xyz_quaternion(values[0])
            for edge, values in self._values.items()
            if unchanging(values)
        }
        return self._product(target, source, {**constant, **(others or {}), **self._fixed})

    def _product(self, target: str, source: str, known: dict[Edge, Pose]) -> Pose | None:
        path = _path(target, source, known)
        if path is None:
            return None
        pose = Pose.identity()
        for edge, inverted in path:
            pose = pose @ (known[edge].inverse() if inverted else known[edge])
        return pose

    def chain(self, target: str, source: str, avoid: str | None = None) -> Chain | None:
        """Return ``target_from_source`` over time, or None where nothing connects the two.

        Args:
            target: frame that the poses are in.
            source: frame that the poses are of.
            avoid: frame that the chain must not pass.

        Raises:
            SourceError: a transform of the chain has no usable sample.
        """
        usable = (edge for edge in (*self._fixed, *self._stamps) if avoid not in edge)
        path = _path(target, source, usable)
        return None if path is None else Chain(tuple(self._step(*link) for link in path))

    def edge(self, parent: str, child: str) -> Chain:
        """Return the chain of one transform that was recorded."""
        return Chain((self._step((parent, child), False),))

    def _step(self, edge: Edge, inverted: bool) -> _Step:
        if edge in self._fixed:
            return _Step(None, self._fixed[edge], inverted)
        what = f'transform {edge[0]} -> {edge[1]}'
        track = PoseTrack.from_samples(self._stamps[edge], self._values[edge], what)
        return _Step(track.without_outliers(), Pose.identity(), inverted, edge[0])


def _path(target: str, source: str, edges: Iterable[Edge]) -> list[tuple[Edge, bool]] | None:
    """Breadth-first: the fewest transforms from target to source, with their direction."""
    links: dict[str, list[tuple[str, Edge, bool]]] = {}
    for edge in edges:
        parent, child = edge
        links.setdefault(parent, []).append((child, edge, False))
        links.setdefault(child, []).append((parent, edge, True))
    paths: dict[str, list[tuple[Edge, bool]]] = {target: []}
    queue = deque([target])
    while queue:
        frame = queue.popleft()
        if frame == source:
            return paths[frame]
        for other, edge, inverted in links.get(frame, []):
            if other not in paths:
                paths[other] = [*paths[frame], (edge, inverted)]
                queue.append(other)
    return None
