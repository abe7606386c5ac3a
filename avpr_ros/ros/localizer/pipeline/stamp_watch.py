# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Stamps of the images of each camera that no clock of the robot gave."""

from __future__ import annotations

from avpr_ros.ros.localizer.pipeline.gates import OTHER_CLOCK_NS
from avpr_ros.stamps import NS_PER_S

#: As many successive images whose stamps do not advance are no loop of a recording.
_STANDING_IMAGES = 5
#: Images of a camera are not ahead of the clock; /clock of a player may be a little late.
_AHEAD_NS = NS_PER_S
#: Images further off are those of a recording that is played without /clock.
_RECORDING_NS = 6 * 3600 * NS_PER_S


class StampWatch:
    """Detects stamps that are 0, do not advance, or are those of another clock."""

    def __init__(self) -> None:
        """Start without images."""
        self._last: dict[str, tuple[int, int]] = {}
        self._standing: dict[str, int] = {}

    def add(self, camera: str, stamp_ns: int, now_ns: int) -> None:
        """Take the stamp of an image.

        Args:
            camera: name of the camera.
            stamp_ns: the stamp.
            now_ns: time of the node's clock.
        """
        before = self._last.get(camera)
        standing = before is not None and stamp_ns <= before[0]
        self._standing[camera] = self._standing.get(camera, 0) + 1 if standing else 0
        self._last[camera] = (stamp_ns, now_ns)

    def problem(self, camera: str) -> str | None:
        """Return what is wrong with a camera's last stamps, in one sentence; None: nothing."""
        if camera not in self._last:
            return None
        stamp_ns, now_ns = self._last[camera]
        if stamp_ns == 0:
            return (
                'The images are stamped 0, so poses have no time: set header.stamp in the driver.'
            )
        standing = self._standing[camera]
        if standing >= _STANDING_IMAGES:
            return (
                f'The stamps of the last {standing + 1} images do not advance, the last is '
                f'{stamp_ns / NS_PER_S:.3f} s: let the driver stamp each image when it is taken.'
            )
        age_ns = now_ns - stamp_ns
        if -_AHEAD_NS <= age_ns <= OTHER_CLOCK_NS or abs(age_ns) > _RECORDING_NS:
            return None
        where = 'behind' if age_ns > 0 else 'ahead of'
        return (
            f'Images are stamped {abs(age_ns) / NS_PER_S:.1f} s {where} the clock of the node, '
            'and so are the poses: synchronise the clocks of camera and node (chrony, PTP), or '
            'play a recording with --clock and use_sim_time.'
        )

    def forget(self) -> None:
        """Forget all images, as after a jump of the clock."""
        self._last.clear()
        self._standing.clear()
