# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Speed between pose samples against a limit: outliers that return, and jumps that stay."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import FloatArray, IntArray
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import NS_PER_S, stamp_text

#: No robot or vehicle that maps is faster.
_FASTEST_M_S = 100.0
#: Otherwise the limit is this many times the usual speed of the drive, but never below 10 m/s.
_TIMES_USUAL = 10.0
_LOWEST_LIMIT_M_S = 10.0
#: A shorter step is noise of the localisation, however close the two stamps are.
_SHORTEST_JUMP_M = 3.0
_STANDING_M_S = 0.1
#: A stretch of more samples, and of a larger share of them, is no outlier.
_MOST_OUTLIERS, _LARGEST_SHARE = 5, 0.02
#: More faults than this share: the samples are those of two sources.
_MIXED_SHARE = 0.05
#: Samples that are tested for alternation together; offset from which they alternate between two
#: positions, and the share of the tests that must find it. White noise has no constant offset.
_ALTERNATING_SAMPLES, _ALTERNATING_M, _ALTERNATING_SHARE = 20, 0.1, 0.5
#: Shortest steps between the tracks, as a share of their distance.
_LEAST_STEP = 0.3


@dataclass(frozen=True)
class Jump:
    """A step of the poses that no motion explains.

    Attributes:
        stamp_ns: of the sample after it.
        distance_m: its length.
        duration_s: time between its two samples.
    """

    stamp_ns: int
    distance_m: float
    duration_s: float

    def __str__(self) -> str:
        """Return length, duration and stamp in words."""
        return (
            f'{self.distance_m:.1f} m in {self.duration_s:.2f} s at stamp '
            f'{stamp_text(self.stamp_ns)}'
        )


@dataclass(frozen=True, eq=False)
class Motion:
    """Which samples of a track follow from a motion.

    Attributes:
        kept: (N,) bool; false for outliers.
        outliers: the step to the first sample of each outlier.
        jumps: steps from which the track does not return.
        alternation_m: distance of two tracks between which the samples alternate; 0 where not.
    """

    kept: NDArray[np.bool_]
    outliers: tuple[Jump, ...]
    jumps: tuple[Jump, ...]
    alternation_m: float = 0.0

    def checks(self, what: str, *, odometry: bool) -> tuple[PreflightCheck, ...]:
        """Return the findings.

        Args:
            what: source of the poses.
            odometry: whether the poses are in an odometry frame, which is continuous (REP-105).
        """
        count, dropped = len(self.kept), int((~self.kept).sum())
        if len(self.jumps) + dropped > max(_MIXED_SHARE * count, _MOST_OUTLIERS):
            first = min((*self.outliers, *self.jumps), key=lambda jump: jump.stamp_ns)
            text = (
                f'{what} leaps {len(self.outliers) + len(self.jumps)} times in {count} samples, '
                f'first {first}: '
            )
            text += 'two publishers seem to share it; record one of them'
            if 2 * (len(self.jumps) + dropped) > count:
                text += ', or its positions are not in metres; convert them'
            text += '.'
            return (PreflightCheck('motion', 'error', text),)
        if self.alternation_m > 0:
            text = (
                f'{what} alternates between two tracks {self.alternation_m:.2f} m apart: two '
                'publishers seem to share it; record one of them.'
            )
            return (PreflightCheck('motion', 'error', text),)
        found = []
        if dropped:
            text = (
                f'{dropped} poses of {what} lie off the path and are left out, the first '
                f'{self.outliers[0]}.'
            )
            found.append(PreflightCheck('motion', 'warning', text))
        if self.jumps:
            text = f'{what} jumps {len(self.jumps)} times, first {self.jumps[0]}'
            if odometry:
                text += ': odometry was restarted; split the recording there.'
            else:
                text += ': check that the map is consistent on both sides.'
            level = 'error' if odometry else 'warning'
            found.append(PreflightCheck('motion', level, text))  # type: ignore[arg-type]
        return tuple(found)


def check_motion(stamps_ns: IntArray, translations_m: FloatArray, *, timed: bool = True) -> Motion:
    """Find the samples that no motion leads to.

    Args:
        stamps_ns: (N,) strictly ascending.
        translations_m: (N, 3) positions.
        timed: whether the stamps are times; otherwise steps are compared with each other, and
            only single outliers are found: a gap in the images looks like a jump.
    """
    if not timed:
        order = np.arange(len(stamps_ns), dtype=np.int64) * NS_PER_S
        motion = _check_motion(order, translations_m, np.inf, 1)
        few = (~motion.kept).sum() <= max(_MIXED_SHARE * len(order), 1)
        outliers = tuple(
            replace(one, stamp_ns=int(stamps_ns[one.stamp_ns // NS_PER_S]))
            for one in motion.outliers
        )
        kept = motion.kept if few else np.ones_like(motion.kept)
        return Motion(kept, outliers if few else (), ())
    most = max(_MOST_OUTLIERS, int(_LARGEST_SHARE * len(stamps_ns)))
    motion = _check_motion(stamps_ns, translations_m, _FASTEST_M_S, most)
    return replace(motion, alternation_m=_alternation_m(stamps_ns, translations_m))


def _alternation_m(stamps_ns: IntArray, translations_m: FloatArray) -> float:
    """Return the distance of two tracks that share the samples in turn; 0 where they do not."""
    tests = (len(stamps_ns) - 2) // _ALTERNATING_SAMPLES
    if tests < 2:
        return 0.0
    times = (stamps_ns - stamps_ns[0]).astype(np.float64)
    share = ((times[1:-1] - times[:-2]) / (times[2:] - times[:-2]))[:, np.newaxis]
    between = (1 - share) * translations_m[:-2] + share * translations_m[2:]
    aside = (translations_m[1:-1] - between)[: tests * _ALTERNATING_SAMPLES]
    aside = aside.reshape(tests, _ALTERNATING_SAMPLES, 3)
    aside = aside * np.where(np.arange(_ALTERNATING_SAMPLES) % 2, -1.0, 1.0)[:, np.newaxis]
    offsets = np.linalg.norm(aside.mean(axis=1), axis=1)
    scatter = np.sqrt(aside.var(axis=1).sum(axis=1))
    found = (offsets > _ALTERNATING_M) & (offsets > scatter)
    if not found.mean() > _ALTERNATING_SHARE:
        return 0.0
    offset_m = float(np.median(offsets[found]))
    # A position that is sent twice alternates, too, but stays in every other step.
    steps = np.linalg.norm(np.diff(translations_m, axis=0), axis=1)
    shorter_m = min(float(np.median(steps[first::2])) for first in (0, 1))
    return offset_m if shorter_m > _LEAST_STEP * offset_m else 0.0


def _check_motion(
    stamps_ns: IntArray, translations_m: FloatArray, fastest_m_s: float, most: int
) -> Motion:
    """Find outliers of at most so many samples, and jumps."""
    count = len(stamps_ns)
    if count < 2:
        return Motion(np.ones(count, dtype=np.bool_), (), ())
    distances = np.linalg.norm(np.diff(translations_m, axis=0), axis=1)
    limit_m_s = min(fastest_m_s, _limit_m_s(stamps_ns, translations_m))
    cuts = [
        int(row) + 1
        for row in np.flatnonzero(distances > _SHORTEST_JUMP_M)
        if _leaps(stamps_ns, translations_m, int(row), int(row) + 1, limit_m_s)
    ]
    kept = np.ones(count, dtype=np.bool_)
    if not cuts:
        return Motion(kept, (), ())
    bounds = [0, *cuts, count]
    pieces = [(bounds[i], bounds[i + 1]) for i in range(len(bounds) - 1)]
    longest = max(range(len(pieces)), key=lambda i: pieces[i][1] - pieces[i][0])
    most = min(most, pieces[longest][1] - pieces[longest][0] - 1)
    outliers: list[Jump] = []
    jumps: list[Jump] = []
    for forward in (True, False):
        # from the longest piece to both ends of the track
        others = pieces[longest + 1 :] if forward else pieces[:longest][::-1]
        previous = pieces[longest][1] - 1 if forward else pieces[longest][0]
        for begin, end in others:
            near, far = (begin, end - 1) if forward else (end - 1, begin)
            jump = _jump(stamps_ns, translations_m, previous, near)
            if not _leaps(stamps_ns, translations_m, previous, near, limit_m_s):
                previous = far
            elif end - begin <= most:
                kept[begin:end] = False
                outliers.append(replace(jump, stamp_ns=int(stamps_ns[begin])))
            else:
                jumps.append(jump)
                previous = far
    return Motion(kept, _by_time(outliers), _by_time(jumps))


def _limit_m_s(stamps_ns: IntArray, translations_m: FloatArray) -> float:
    """Return the speed above which a step is a jump.

    The usual speed is that over two steps, which is right where two publishers alternate, too.
    """
    stride = min(2, len(stamps_ns) - 1)
    distances_m = np.linalg.norm(translations_m[stride:] - translations_m[:-stride], axis=1)
    speeds = distances_m / ((stamps_ns[stride:] - stamps_ns[:-stride]) / NS_PER_S)
    moving = speeds[speeds > _STANDING_M_S]
    usual = float(np.percentile(moving, 75)) if len(moving) else 0.0
    return max(_TIMES_USUAL * usual, _LOWEST_LIMIT_M_S)


def _leaps(
    stamps_ns: IntArray, translations_m: FloatArray, first: int, second: int, limit_m_s: float
) -> bool:
    jump = _jump(stamps_ns, translations_m, first, second)
    return jump.distance_m > _SHORTEST_JUMP_M and jump.distance_m > limit_m_s * jump.duration_s


def _jump(stamps_ns: IntArray, translations_m: FloatArray, first: int, second: int) -> Jump:
    distance_m = float(np.linalg.norm(translations_m[second] - translations_m[first]))
    duration_s = abs(int(stamps_ns[second]) - int(stamps_ns[first])) / NS_PER_S
    return Jump(int(stamps_ns[max(first, second)]), distance_m, duration_s)


def _by_time(jumps: list[Jump]) -> tuple[Jump, ...]:
    return tuple(sorted(jumps, key=lambda jump: jump.stamp_ns))
