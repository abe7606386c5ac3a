# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How soon a robot that was carried away is localised again, beside a start at the same image.

The sets and maps are those of ``precision.py``, all settings as shipped. Each jump: a matcher
follows a stretch of a query drive, then the drive goes on elsewhere. Another matcher, without a
past, starts at the same image.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from avpr_ros.gallery.calibration import Calibration
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.local_features import Features
from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import MatchResult
from avpr_ros.localization.settings import MatchSettings
from avpr_ros.poses import Pose
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.verification.sift import extract_features
from benchmarks.precision_drive import Drive, read_drive
from benchmarks.precision_left_out import floors_of
from benchmarks.precision_sets import APART_M, MAP, QUERY, SETS, PrecisionSet, calibrated, prepare
from benchmarks.results import Row, print_table, write_results

#: Images before a jump and after it, at most; after it at least ``WATCHED`` are matched.
BEFORE, AFTER, WATCHED = 30, 30, 10
JUMPS, QUICK_JUMPS = 200, 20
#: A jump to a nearer place is none, in metres of the set (frames, seconds).
LEAST_JUMP_M = {'town': 50.0, 'euroc_v1': 0.0}
NOTE = (
    'images_to_first: from the first image after the jump to the first accepted pose, that image '
    'included; cold_*: of a matcher that starts there; extra_*: the difference, jump by jump. '
    'ratio_to_cold_start: of the means. Targets at which the cold start accepts nothing within '
    f'{AFTER} images are drawn again; never_after_jump counts jumps after which none of as many '
    'images is accepted. wrong_accepted counts poses beyond the tolerance of precision.py, before '
    f'a jump and in the {WATCHED} images after it; on ietower those on another floor. odometry: '
    'none, still (the wheels stand while the robot is carried), zero (it starts anew at zero).'
)


@dataclass(frozen=True, eq=False)
class Scene:
    """A query drive with what every matcher needs of it, made once.

    Attributes:
        drive: descriptors, stamps, truth, odometry.
        features: local features of each image.
        pictures: (H, W, 3) arrays of the images' shapes.
        gallery: the map.
        calibration: of the query network.
        wrong: tells whether an estimate for image i is wrong.
        stretches: (N,) number of the uninterrupted stretch of each image.
        least_jump_m: how far a jump must lead.
    """

    drive: Drive
    features: list[Features]
    pictures: list[NDArray[np.uint8]]
    gallery: GalleryMap
    calibration: Calibration | None
    wrong: Callable[[int, Pose], bool]
    stretches: NDArray[np.int64]
    least_jump_m: float

    def matcher(self) -> Matcher:
        """Return a matcher without a past."""
        return Matcher(self.gallery, self.calibration, MatchSettings())


def open_scene(one: PrecisionSet, folder: Path) -> Scene:
    """Read the map and the drive of a set."""
    drive = read_drive(folder)
    features, pictures = [], []
    for image in drive.images:
        picture = image.decode()
        features.append(extract_features(picture))
        pictures.append(np.broadcast_to(np.uint8(0), picture.shape))
    truth_m = np.array([pose.translation_m for pose in drive.truth])
    stretches: NDArray[np.int64] = np.zeros(len(truth_m), np.int64)
    floors: list[str] = []
    if one.name == 'ietower':
        stretches[:] = np.round(truth_m[:, 1] / APART_M)
        floors = floors_of(truth_m)

    def wrong(number: int, map_from_base: Pose) -> bool:
        if floors:
            (floor,) = floors_of(map_from_base.translation_m[np.newaxis])
            return floor != floors[number]
        return map_from_base.distance_m(drive.truth[number]) > one.tolerance_m

    return Scene(
        drive,
        features,
        pictures,
        GalleryMap.open(folder / MAP),
        OnnxQueryNetwork.open(folder / QUERY).manifest.calibration,
        wrong,
        stretches,
        LEAST_JUMP_M.get(one.name, APART_M / 2 if floors else 20.0),
    )


def queries(scene: Scene, parts: Sequence[range], odometry: str) -> list[tuple[int, Query]]:
    """Return the images of some parts of a drive as one drive, each with its number.

    Args:
        scene: the drive.
        parts: numbers of the images, part by part.
        odometry: 'none', 'still' or 'zero', see ``NOTE``.
    """
    drive = scene.drive
    typical_ns = int(np.median(np.diff(drive.stamps_ns)))
    found: list[tuple[int, Query]] = []
    stamp_ns, last = 10**9, Pose.identity()
    for count, part in enumerate(parts):
        first = part[0]
        start_ns = stamp_ns + (typical_ns if count else 0)
        at_first = drive.odometry[first]
        carry = Pose.identity()
        if count and at_first is not None:
            carry = (last if odometry == 'still' else Pose.identity()) @ at_first.inverse()
        for i in part:
            stamp_ns = start_ns + drive.stamps_ns[i] - drive.stamps_ns[first]
            given = drive.odometry[i]
            pose = None if odometry == 'none' or given is None else carry @ given
            last = last if pose is None else pose
            query = Query(drive.descriptors[i], stamp_ns, 'camera', scene.pictures[i])
            query = replace(query, odom_from_base=pose, features=scene.features[i])
            found.append((i, query))
    return found


def first_accepted(
    scene: Scene, matcher: Matcher, asked: list[tuple[int, Query]], watched: int
) -> tuple[int | None, int]:
    """Match images until one is accepted, and at least so many.

    Returns:
        The number of the first accepted image, from 1; None where there is none. How many
        accepted poses are wrong.
    """
    first, wrong = None, 0
    for count, (number, query) in enumerate(asked, start=1):
        result: MatchResult = matcher.match(query)
        if result.estimate is not None:
            first = first or count
            wrong += scene.wrong(number, result.estimate.map_from_base)
        if first is not None and count >= watched:
            break
    return first, wrong


def score(one: PrecisionSet, scene: Scene, odometry: str, jumps: int) -> Row:
    """Make random jumps and compare with cold starts."""
    rng = np.random.default_rng(0)
    size = len(scene.drive.truth)
    after: list[int] = []
    cold: list[int] = []
    wrong = never = redrawn = 0
    while len(cold) < jumps:
        a, b = sorted_jump(scene, rng, size)
        target = range(b, min(b + AFTER, _end(scene, b)))
        started, _ = first_accepted(scene, scene.matcher(), queries(scene, [target], odometry), 1)
        if started is None:
            redrawn += 1
            if redrawn > 20 * jumps:
                raise SystemExit(f'{one.name}: cold starts accept next to nothing')
            continue
        begin = max(_begin(scene, a), a + 1 - BEFORE)
        both = queries(scene, [range(begin, a + 1), target], odometry)
        matcher = scene.matcher()
        stretch = a + 1 - begin
        _, wrong_before = first_accepted(scene, matcher, both[:stretch], stretch)
        first, wrong_after = first_accepted(scene, matcher, both[stretch:], WATCHED)
        never += first is None
        wrong += wrong_before + wrong_after
        cold.append(started)
        after.append(AFTER + 1 if first is None else first)
    waited, began = np.array(after), np.array(cold)
    extra = waited - began
    return {
        'set': one.name,
        'odometry': odometry,
        'jumps': jumps,
        'median_images_to_first': float(np.median(waited)),
        'p95_images_to_first': float(np.percentile(waited, 95)),
        'cold_median_images': float(np.median(began)),
        'cold_p95_images': float(np.percentile(began, 95)),
        'extra_median_images': float(np.median(extra)),
        'extra_p95_images': float(np.percentile(extra, 95)),
        'ratio_to_cold_start': float(waited.mean() / began.mean()),
        'never_after_jump': never,
        'redrawn': redrawn,
        'wrong_accepted': wrong,
    }


def sorted_jump(scene: Scene, rng: np.random.Generator, size: int) -> tuple[int, int]:
    """Return the last image before a jump and the first after it."""
    while True:
        a, b = (int(one) for one in rng.integers(0, size, 2))
        far = scene.drive.truth[a].distance_m(scene.drive.truth[b]) >= scene.least_jump_m
        if a - _begin(scene, a) >= 5 and a != b and far:
            return a, b


def _begin(scene: Scene, number: int) -> int:
    return int(np.searchsorted(scene.stretches, scene.stretches[number], side='left'))


def _end(scene: Scene, number: int) -> int:
    return int(np.searchsorted(scene.stretches, scene.stretches[number], side='right'))


def main() -> None:
    """Score the sets that are there, print the table, write the result file."""
    names = ('town', 'gardens_day', 'ietower', 'euroc_v1')
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help=f'{QUICK_JUMPS} jumps a row')
    parser.add_argument('--set', choices=names, nargs='*', default=names)
    options = parser.parse_args()
    rows: list[Row] = []
    for one in (one for one in SETS if one.name in options.set):
        folder = prepare(one)
        if folder is None:
            continue
        calibrated(folder)
        scene = open_scene(one, folder)
        kinds = ('none', 'still', 'zero') if any(scene.drive.odometry) else ('none',)
        for kind in kinds:
            rows.append(score(one, scene, kind, QUICK_JUMPS if options.quick else JUMPS))
            print(rows[-1], flush=True)
    print_table(rows, 'Robots that were carried away')
    write_results('carried', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
