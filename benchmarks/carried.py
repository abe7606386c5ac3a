# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""How soon a robot that was carried away is localised again, beside a start at the same image.

The sets and maps are those of ``precision.py``; method ``all``: settings as shipped. Each jump: a
matcher follows a stretch of a query drive, then the drive goes on elsewhere. Another matcher,
without a past, starts at the same image.
"""

from __future__ import annotations

import argparse

import numpy as np

from avpr_ros.localization.matcher import Matcher
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import MatchResult
from avpr_ros.localization.settings import MatchSettings
from benchmarks.carried_scene import FILTER_SETS, Scene, open_scene, queries
from benchmarks.precision_sets import SETS, PrecisionSet, calibrated, prepare
from benchmarks.results import Row, print_table, write_results

#: Images before a jump and after it, at most; after it at least ``WATCHED`` are matched.
BEFORE, AFTER, WATCHED = 30, 30, 10
JUMPS, QUICK_JUMPS = 200, 20
METHODS = {
    'all': MatchSettings(),
    'sequence_filter': MatchSettings(temporal_filter='bayes', use_odometry=False),
}
#: Jumps of the sequence filter, an option, beside the settings as shipped.
FILTER_JUMPS = 40
NOTE = (
    'images_to_first: from the first image after the jump to the first accepted pose, that image '
    'included; cold_*: of a matcher that starts there; extra_*: the difference, jump by jump. '
    'ratio_to_cold_start: of the means. Targets at which the cold start accepts nothing within '
    f'{AFTER} images are drawn again; never_after_jump counts jumps after which none of as many '
    'images is accepted. wrong_accepted counts poses beyond the tolerance of precision.py, before '
    f'a jump and in the {WATCHED} images after it; on ietower those on another floor. odometry: '
    'none, still (the wheels stand while the robot is carried), zero (it starts anew at zero).'
)


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


def score(one: PrecisionSet, scene: Scene, method: str, odometry: str, jumps: int) -> Row:
    """Make random jumps and compare with cold starts."""
    settings = METHODS[method]
    rng = np.random.default_rng(0)
    size = len(scene.drive.truth)
    after: list[int] = []
    cold: list[int] = []
    wrong = never = redrawn = 0
    while len(cold) < jumps:
        a, b = sorted_jump(scene, rng, size)
        target = range(b, min(b + AFTER, _end(scene, b)))
        started, _ = first_accepted(
            scene, scene.matcher(settings), queries(scene, [target], odometry), 1
        )
        if started is None:
            redrawn += 1
            if redrawn > 20 * jumps:
                raise SystemExit(f'{one.name}: cold starts accept next to nothing')
            continue
        begin = max(_begin(scene, a), a + 1 - BEFORE)
        both = queries(scene, [range(begin, a + 1), target], odometry)
        matcher = scene.matcher(settings)
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
        'method': method,
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
    names = ('corridor', 'town', 'gardens_day', 'ietower', 'euroc_v1')
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
        jumps = QUICK_JUMPS if options.quick else JUMPS
        if one.name != 'corridor':
            rows += [score(one, scene, 'all', kind, jumps) for kind in kinds]
        if one.name in FILTER_SETS:
            few = min(jumps, FILTER_JUMPS)
            rows.append(score(one, scene, 'sequence_filter', 'none', few))
    print_table(rows, 'Robots that were carried away')
    write_results('carried', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
