# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A run as one .rrd file for Rerun: map, drive, matches as lines, pictures, evidence over time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rerun as rr
import rerun.blueprint as rrb

from avpr_ros.evaluation.viewers.run_frames import RunFrame, RunFrames, jpeg
from avpr_ros.storage.files import atomic_file

#: Name of the timeline.
TIMELINE = 'stamp'
_GREY, _BLUE, _YELLOW = (153, 166, 179), (28, 93, 153), (201, 138, 27)
_GREEN, _RED = (25, 178, 76), (217, 51, 51)
_ARROW_M = 2.0


def write_rrd(frames: RunFrames, path: Path) -> None:
    """Write a run, atomically.

    Args:
        frames: the run with its pictures.
        path: of the file; an existing one is replaced.

    Raises:
        SourceError: as the iteration of ``RunFrames``.
    """
    with atomic_file(path) as temporary:
        recording = rr.RecordingStream('avpr_ros')
        try:
            recording.save(temporary, default_blueprint=layout(frames))
            recording.set_log_time_enabled(False)
            _log_map(recording, frames)
            for frame in frames:
                _log_frame(recording, frame)
        finally:
            recording.disconnect()


def _log_map(recording: rr.RecordingStream, frames: RunFrames) -> None:
    recording.log('map', rr.ViewCoordinates.RIGHT_HAND_Z_UP, static=True)
    places = np.array([i.pose.translation_m for i in frames.images if i.pose is not None])
    if len(places):
        line = rr.LineStrips3D([places], colors=[_BLUE])
        recording.log('map/trajectory', line, static=True)
    if frames.gallery is not None:
        points_m = frames.gallery.keyframes.poses[:, :3]
        keyframes = rr.Points3D(points_m, colors=[_GREY], radii=[0.2])
        recording.log('map/keyframes', keyframes, static=True)
    landmarks_m = frames.landmarks_m()
    if len(landmarks_m):
        recording.log('map/landmarks', rr.Points3D(landmarks_m, colors=[_YELLOW]), static=True)


def _log_frame(recording: rr.RecordingStream, frame: RunFrame) -> None:
    run = frame.run
    recording.set_time(TIMELINE, timestamp=np.datetime64(run.stamp_ns, 'ns'))
    colour = _GREEN if run.accepted else _RED
    if run.candidate is None:
        recording.log('map/match', rr.Clear(recursive=True))
    else:
        start_m = run.candidate.translation_m
        ahead_m = run.candidate.rotation.apply([_ARROW_M, 0.0, 0.0])
        arrow = rr.Arrows3D(origins=[start_m], vectors=[ahead_m], colors=[colour])
        recording.log('map/match/pose', arrow)
        ends = [] if frame.keyframe_m is None else [np.stack([start_m, frame.keyframe_m])]
        recording.log('map/match/keyframe', rr.LineStrips3D(ends, colors=[colour] * len(ends)))
    level = rr.TextLogLevel.INFO if run.accepted else rr.TextLogLevel.WARN
    text = f'{run.reason}: {run.text}' if run.text else run.reason
    recording.log('decision', rr.TextLog(text, level=level))
    evidence = {
        'similarity': run.similarity,
        'probability': run.probability,
        'latency_ms': run.latency_ms,
        'accepted': float(run.accepted),
    }
    for name, number in evidence.items():
        if number is not None and np.isfinite(number):
            group = 'latency' if name == 'latency_ms' else 'evidence'
            recording.log(f'{group}/{name}', rr.Scalars([number]))
    for entity, picture in (
        (f'images/{run.camera or "camera"}', frame.image),
        ('match', frame.match),
    ):
        if picture is not None:
            encoded = rr.EncodedImage(contents=jpeg(picture), media_type='image/jpeg')
            recording.log(entity, encoded)


def layout(frames: RunFrames) -> rrb.Blueprint:
    """Return the layout, without views that would stay empty."""
    views: list[rrb.View] = []
    if frames.has_pictures and frames.gallery is not None:
        views.append(rrb.Spatial2DView(origin='/match', name='Image and keyframe'))
    elif frames.has_pictures:
        views.append(rrb.Spatial2DView(origin='/images', name='Image'))
    views.append(rrb.TimeSeriesView(origin='/evidence', name='Evidence'))
    if any(image.latency_ms is not None for image in frames.images):
        views.append(rrb.TimeSeriesView(origin='/latency', name='Latency'))
    views.append(rrb.TextLogView(origin='/decision', name='Decisions'))
    return rrb.Blueprint(
        rrb.Horizontal(
            rrb.Spatial3DView(origin='/map', name='Map'),
            rrb.Vertical(*views),
            column_shares=[3, 2],
        ),
        collapse_panels=True,
    )
