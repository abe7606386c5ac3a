# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Motion of the picture against the rotation of the poses: clock offset, optical frame.

While a camera turns, its picture moves by the focal length times the angle: about the camera's y
axis to the left, about its x axis down. A linear regression of the picture's motion on the
rotation of the base holds for any mounting; the time offset at which it explains most is that of
the clocks, and the mounting must predict the same motion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.sources.checks.image_statistics import ImageStatistics
from avpr_ros.sources.frame import Camera
from avpr_ros.sources.poses.pose_track import PoseTrack
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import NS_PER_S

_MAX_OFFSET_S = 1.0
#: Steps of the offset per image.
_STEPS_PER_FRAME = 4
#: With fewer pairs of images, or with a longer time between them, nothing is measured.
_FEWEST_PAIRS, _LONGEST_FRAME_S = 40, 0.5
_LOWEST_RESPONSE = 0.08
#: Share of the picture's motion that the rotation must explain for a verdict,
_EXPLAINED = 0.5
#: how many times as much must be left unexplained without the offset as with it (a share of
#: that is the noise of the measurement),
_GAIN, _NOISE = 1.5, 0.01
#: and the correlation below which a mounting contradicts the picture.
_CONTRADICTION = 0.3
#: Correlation from which the picture measures the focal length, and the factor by which that may
#: differ: distortion and the motion along the axis take part.
_AGREEMENT, _FOCAL_FACTOR = 0.9, 1.6


@dataclass(frozen=True)
class _Pairs:
    """Consecutive images: begin and end, (P,) each, and (P, 2) motion of the picture."""

    begin_ns: IntArray
    end_ns: IntArray
    shifts: FloatArray


def motion_checks(
    camera: Camera, statistics: ImageStatistics, track: PoseTrack
) -> tuple[PreflightCheck, ...]:
    """Compare the motion of a camera's picture with the poses.

    Args:
        camera: with its extrinsics, if known.
        statistics: measurements of its images.
        track: poses of the base.

    Returns:
        A finding about the clocks or the optical frame, if the poses turn enough to tell.
    """
    pairs = _pairs(statistics)
    if len(pairs.begin_ns) < _FEWEST_PAIRS:
        return ()
    frame_s = float(np.median(pairs.end_ns - pairs.begin_ns)) / NS_PER_S
    if frame_s > _LONGEST_FRAME_S:
        return ()
    step_ns = max(int(frame_s / _STEPS_PER_FRAME * NS_PER_S), 1)
    most = int(_MAX_OFFSET_S * NS_PER_S / step_ns)
    offsets = [n * step_ns for n in range(-most, most + 1)]
    explained = np.array([_explained(pairs, track, offset) for offset in offsets])
    best = int(np.argmax(explained))
    if not explained[best] >= _EXPLAINED:
        return ()
    offset_s = offsets[best] / NS_PER_S
    gain = (1.0 - explained[most] + _NOISE) / (1.0 - explained[best] + _NOISE)
    if abs(offset_s) > frame_s / 2 and gain > _GAIN:
        text = (
            f'The picture of camera {camera.name} moves as the poses do {abs(offset_s):.2f} s '
            f'{"later" if offset_s > 0 else "earlier"}: their stamps are off by '
            f'{abs(offset_s) / frame_s:.1f} frames.'
        )
        return (PreflightCheck('clock offset', 'error', text),)
    return _mounting_checks(camera, pairs, track)


def _mounting_checks(
    camera: Camera, pairs: _Pairs, track: PoseTrack
) -> tuple[PreflightCheck, ...]:
    if camera.base_from_camera is None:
        return ()
    valid, turns = _turns(pairs, track, 0)
    in_camera = camera.base_from_camera.rotation.inv().apply(turns)
    predicted = np.stack([-in_camera[:, 1], in_camera[:, 0]], axis=1)
    measured = pairs.shifts[valid]
    scale = float(np.sqrt((predicted**2).sum() * (measured**2).sum()))
    agreement = float((predicted * measured).sum()) / scale if scale > 0 else 0.0
    if agreement >= _CONTRADICTION:
        focal = float((predicted * measured).sum()) / float((predicted**2).sum())
        return _focal_check(camera, focal) if agreement > _AGREEMENT else ()
    text = (
        f'The picture of camera {camera.name} moves against its extrinsics (correlation '
        f'{agreement:.2f}): its frame is no optical one (x right, y down, z forward), or the '
        'images are turned.'
    )
    return (PreflightCheck('optical frame', 'error', text),)


def _focal_check(camera: Camera, focal: float) -> tuple[PreflightCheck, ...]:
    """Compare the focal length of the intrinsics with the measured one, a share of the width."""
    intrinsics = camera.intrinsics
    if intrinsics is None or intrinsics.width_px <= 0:
        return ()
    stated_px = intrinsics.k[0]
    measured_px = focal * intrinsics.width_px
    if 1 / _FOCAL_FACTOR < measured_px / max(stated_px, 1e-6) < _FOCAL_FACTOR:
        return ()
    text = (
        f'The picture of camera {camera.name} turns as with a focal length of about '
        f'{measured_px:.0f} px, camera_info states {stated_px:.0f} px.'
    )
    return (PreflightCheck('camera model', 'error', text),)


def _pairs(statistics: ImageStatistics) -> _Pairs:
    responses = np.array(statistics.responses)
    ends = np.flatnonzero(responses > _LOWEST_RESPONSE)
    stamps = statistics.stamps_ns
    return _Pairs(stamps[ends - 1], stamps[ends], np.array(statistics.shifts)[ends].reshape(-1, 2))


def _turns(
    pairs: _Pairs, track: PoseTrack, offset_ns: int
) -> tuple[NDArray[np.bool_], FloatArray]:
    """Return which pairs have poses, and the rotation vectors of the base during those."""
    begin = track.at(pairs.begin_ns + offset_ns, _LONGEST_FRAME_S)
    end = track.at(pairs.end_ns + offset_ns, _LONGEST_FRAME_S)
    valid = begin.valid & end.valid
    turns = (begin.rotations.inv() * end.rotations).as_rotvec()
    return valid, turns[valid]


def _explained(pairs: _Pairs, track: PoseTrack, offset_ns: int) -> float:
    """Return the share of the picture's motion that the rotation explains, by regression."""
    valid, turns = _turns(pairs, track, offset_ns)
    if valid.sum() < _FEWEST_PAIRS:
        return -1.0
    measured = pairs.shifts[valid] - pairs.shifts[valid].mean(axis=0)
    given = turns - turns.mean(axis=0)
    if float((given**2).sum()) < 1e-6:
        return -1.0
    coefficients, *_ = np.linalg.lstsq(given, measured, rcond=1e-6)
    rest = measured - given @ coefficients
    return 1.0 - float((rest**2).sum()) / max(float((measured**2).sum()), 1e-12)
