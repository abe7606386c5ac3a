# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A run as one MCAP file for Foxglove, with the schemas in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import foxglove
from foxglove import channels, messages
import numpy as np

from avpr_ros import __version__
from avpr_ros.evaluation.viewers import topics
from avpr_ros.evaluation.viewers.mcap_scene import (
    foxglove_pose,
    match_scene,
    pose_parts,
    time_message,
)
from avpr_ros.evaluation.viewers.run_frames import RunFrame, RunFrames, jpeg
from avpr_ros.poses import Pose
from avpr_ros.storage.files import atomic_file

#: JSON schema of the decision; properties that were not recorded are left out.
DECISION_SCHEMA: dict[str, Any] = {
    'title': 'avpr_ros.Decision',
    'type': 'object',
    'properties': {
        'accepted': {'type': 'boolean'},
        'reason': {'type': 'string'},
        'text': {'type': 'string'},
        'camera': {'type': 'string'},
        'similarity': {'type': 'number'},
        'probability': {'type': 'number'},
        'keyframe_id': {'type': 'integer'},
        'latency_ms': {'type': 'number'},
    },
    'required': ['accepted', 'reason', 'text', 'camera'],
}


def write_mcap(frames: RunFrames, path: Path) -> None:
    """Write a run, atomically.

    Args:
        frames: the run with its pictures.
        path: of the file; an existing one is replaced.

    Raises:
        SourceError: as the iteration of ``RunFrames``.
    """
    context = foxglove.Context()
    with (
        atomic_file(path) as temporary,
        foxglove.open_mcap(temporary, allow_overwrite=True, context=context) as writer,
    ):
        facts = {'version': __version__, 'images': str(len(frames.images))}
        writer.write_metadata('avpr_ros', facts)
        export = _RunWriter(context, frames)
        export.write_map()
        for frame in frames:
            export.write(frame)


class _RunWriter:
    """The channels of one file."""

    def __init__(self, context: foxglove.Context, frames: RunFrames) -> None:
        self._context = context
        self._frames = frames
        self._images: dict[str, channels.CompressedImageChannel] = {}
        self._poses = channels.PoseInFrameChannel(topics.POSE, context=context)
        self._tf = channels.FrameTransformsChannel(topics.TF, context=context)
        self._scene = channels.SceneUpdateChannel(topics.MARKERS, context=context)
        self._log = channels.LogChannel(topics.LOG, context=context)
        self._decision = foxglove.Channel(topics.DECISION, schema=DECISION_SCHEMA, context=context)

    def write_map(self) -> None:
        """Write what does not change, at the stamp of the first image."""
        first_ns = self._frames.images[0].stamp_ns
        accepted = [image.pose for image in self._frames.images if image.pose is not None]
        self._pose_list(topics.TRAJECTORY, accepted, first_ns)
        if self._frames.gallery is not None:
            rows = self._frames.gallery.keyframes.poses
            poses = [Pose.from_xyz_quaternion(row) for row in rows]
            self._pose_list(topics.KEYFRAMES, poses, first_ns)
        points_m = self._frames.landmarks_m()
        if len(points_m):
            self._landmarks(points_m, first_ns)

    def write(self, frame: RunFrame) -> None:
        """Write one decision with its pictures."""
        run = frame.run
        at, stamp_ns = time_message(run.stamp_ns), run.stamp_ns
        if run.pose is not None:
            pose = messages.PoseInFrame(
                timestamp=at, frame_id=self._frames.map_frame, pose=foxglove_pose(run.pose)
            )
            self._poses.log(pose, log_time=stamp_ns)
            translation, rotation = pose_parts(run.pose)
            transform = messages.FrameTransform(
                timestamp=at,
                parent_frame_id=self._frames.map_frame,
                child_frame_id=self._frames.base_frame,
                translation=translation,
                rotation=rotation,
            )
            message = messages.FrameTransforms(transforms=[transform])
            self._tf.log(message, log_time=stamp_ns)
        self._scene.log(match_scene(frame, self._frames.map_frame), log_time=stamp_ns)
        level = messages.LogLevel.Info if run.accepted else messages.LogLevel.Warning
        text = f'{run.reason}: {run.text}' if run.text else run.reason
        self._log.log(
            messages.Log(timestamp=at, level=level, message=text, name=topics.NODE.strip('/')),
            log_time=stamp_ns,
        )
        self._decision.log(decision(frame), log_time=stamp_ns)
        name = topics.image_topic(run.camera, self._frames.cameras)
        for topic, picture in ((name, frame.image), (topics.MATCH_IMAGE, frame.match)):
            if picture is not None:
                self._image(topic).log(
                    messages.CompressedImage(
                        timestamp=at, frame_id=run.camera, data=jpeg(picture), format='jpeg'
                    ),
                    log_time=stamp_ns,
                )

    def _image(self, topic: str) -> channels.CompressedImageChannel:
        if topic not in self._images:
            self._images[topic] = channels.CompressedImageChannel(topic, context=self._context)
        return self._images[topic]

    def _pose_list(self, topic: str, poses: list[Pose], stamp_ns: int) -> None:
        message = messages.PosesInFrame(
            timestamp=time_message(stamp_ns),
            frame_id=self._frames.map_frame,
            poses=[foxglove_pose(pose) for pose in poses],
        )
        channels.PosesInFrameChannel(topic, context=self._context).log(message, log_time=stamp_ns)

    def _landmarks(self, points_m: Any, stamp_ns: int) -> None:
        kind = messages.PackedElementFieldNumericType.Float32
        message = messages.PointCloud(
            timestamp=time_message(stamp_ns),
            frame_id=self._frames.map_frame,
            pose=foxglove_pose(Pose.identity()),
            point_stride=12,
            fields=[
                messages.PackedElementField(name=axis, offset=4 * number, type=kind)
                for number, axis in enumerate('xyz')
            ],
            data=np.asarray(points_m, '<f4').tobytes(),
        )
        channel = channels.PointCloudChannel(topics.LANDMARKS, context=self._context)
        channel.log(message, log_time=stamp_ns)


def decision(frame: RunFrame) -> dict[str, Any]:
    """Return the decision as JSON has it: numbers that are not known are left out."""
    run = frame.run
    numbers = {
        'similarity': run.similarity if np.isfinite(run.similarity) else None,
        'probability': run.probability,
        'keyframe_id': run.keyframe_id,
        'latency_ms': run.latency_ms,
    }
    known = {name: value for name, value in numbers.items() if value is not None}
    texts = {'reason': run.reason, 'text': run.text, 'camera': run.camera}
    return {'accepted': run.accepted, **texts, **known}
