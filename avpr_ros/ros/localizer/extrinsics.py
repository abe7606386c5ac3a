# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Extrinsics of the robot's cameras, where those of the map are not used."""

from __future__ import annotations

from collections.abc import Sequence
import importlib
import threading
from typing import Any

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from avpr_ros.errors import ConfigError, ExtrinsicsError
from avpr_ros.poses import Pose
from avpr_ros.ros.localizer.parameters import Settings
from avpr_ros.sources.poses.tf_chain import TransformGraph
from avpr_ros.sources.poses.unchanging import UnchangingTransforms

#: Samples on ``/tf`` that a transform must not change over.
_LEAST_SAMPLES = 10

#: Stands for a pose in the parameter: take it from TF.
TF = 'tf'


class ExtrinsicsProvider:
    """The extrinsics given by the parameter ``extrinsics``, or by TF."""

    def __init__(self, text: str, cameras: Sequence[str], base_frame: str) -> None:
        """Read the parameter.

        Args:
            text: ``tf``, or ``NAME: x y z qx qy qz qw; NAME: tf``; empty: those
                of the map are used.
            cameras: names of the robot's cameras.
            base_frame: the base, in TF.

        Raises:
            ConfigError: a name is unknown or twice there, or a value is no pose.
        """
        self._given = _parse(text, cameras)
        self._base_frame = base_frame
        self._graph = TransformGraph()
        self._unchanging = UnchangingTransforms()
        self._found: dict[tuple[str, str], Pose] = {}
        self._static: set[str] = set()
        self._lock = threading.Lock()

    @property
    def need_tf(self) -> bool:
        """Whether the extrinsics of any camera come from TF."""
        return None in self._given.values()

    def take(self, message: Any) -> None:
        """Take a message of ``/tf_static``; from any thread."""
        with self._lock:
            self._graph.add_fixed(message)
            self._found.clear()

    @property
    def static_suffices(self) -> bool:
        """Whether ``/tf_static`` has given the extrinsics of every camera that needs TF."""
        return self._static >= {name for name, pose in self._given.items() if pose is None}

    def take_moving(self, message: Any) -> None:
        """Take a message of ``/tf``, where extrinsics may be that never change; any thread."""
        with self._lock:
            if self._unchanging.add(message):
                self._found.clear()

    def base_from_camera(self, camera: str, frame_id: str) -> Pose | None:
        """Return ``base_from_camera``; None where that of the map is used.

        Args:
            camera: name of the camera.
            frame_id: of its images: its optical frame.

        Raises:
            ExtrinsicsError: it is to come from TF, and has not been received.
        """
        if camera not in self._given or self._given[camera] is not None:
            return self._given.get(camera)
        frame = frame_id.lstrip('/')
        with self._lock:
            found = self._found.get((camera, frame))
            if found is None:
                found = self._graph.fixed_pose(self._base_frame, frame)
                if found is not None:
                    self._static.add(camera)
            if found is None:
                others = self._unchanging.poses(_LEAST_SAMPLES)
                found = self._graph.constant_pose(self._base_frame, frame, others)
            if found is None:
                raise ExtrinsicsError(
                    f"/tf_static does not connect '{self._base_frame}' with '{frame}', the frame "
                    f"of the images of camera '{camera}' ({self._known()}): publish the transform "
                    'there, or give it in the parameter extrinsics.'
                )
            self._found[camera, frame] = found
            return found

    def _known(self) -> str:
        """Return which frames TF has, for an error."""
        frames = sorted(self._unchanging.frames().union(self._graph.frames()))
        return f'frames of TF: {", ".join(frames)}' if frames else 'no transform has come'


def _parse(text: str, cameras: Sequence[str]) -> dict[str, Pose | None]:
    """Return ``base_from_camera`` by camera; None stands for one that comes from TF."""
    if text.strip() == TF:
        return dict.fromkeys(cameras)
    given: dict[str, Pose | None] = {}
    for part in filter(None, (one.strip() for one in text.split(';'))):
        name, _, value = (piece.strip() for piece in part.partition(':'))
        if name not in cameras or name in given:
            raise ConfigError(
                f"Parameter 'extrinsics' says '{part}'; name each of the cameras "
                f'{", ".join(cameras)} once at most, as NAME: x y z qx qy qz qw.'
            )
        try:
            given[name] = (
                None
                if value == TF
                else Pose.from_xyz_quaternion([float(number) for number in value.split()])
            )
        except ValueError as error:
            raise ConfigError(
                f"Parameter 'extrinsics' says '{part}', which is no pose ({error}); write "
                'NAME: x y z qx qy qz qw, in metres, or NAME: tf.'
            ) from error
    return given


def _listen_to_moving(node: Node, kind: Any, extrinsics: ExtrinsicsProvider) -> None:
    """Subscribe to ``/tf`` until ``/tf_static`` has given all: it is a stream of many messages."""

    def take(message: Any) -> None:
        if extrinsics.static_suffices:
            node.destroy_subscription(subscription)
        else:
            extrinsics.take_moving(message)

    profile = QoSProfile(depth=_DEPTH, reliability=ReliabilityPolicy.BEST_EFFORT)
    subscription = node.create_subscription(kind, '/tf', take, profile)


#: Every publisher's last message is kept; a robot has this many at most.
_DEPTH = 100


def listen_for_extrinsics(node: Node, settings: Settings) -> ExtrinsicsProvider:
    """Return the extrinsics as configured; subscribe to ``/tf_static`` where they come from TF.

    Raises:
        ConfigError: the parameter cannot be used, or tf2_msgs is missing where TF is wanted.
    """
    extrinsics = ExtrinsicsProvider(settings.extrinsics, settings.cameras, settings.base_frame)
    if extrinsics.need_tf:
        try:
            kind: Any = importlib.import_module('tf2_msgs.msg').TFMessage
        except ImportError as error:
            raise ConfigError(
                "Parameter 'extrinsics' asks for TF, which needs tf2_msgs, and that does not "
                'import here; install ros-$ROS_DISTRO-tf2-msgs or write the numbers.'
            ) from error
        latched = QoSProfile(depth=_DEPTH, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(kind, '/tf_static', extrinsics.take, latched)
        _listen_to_moving(node, kind, extrinsics)
    return extrinsics
