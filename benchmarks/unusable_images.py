# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Images that are refused because nothing is visible in them: real ones, and spoiled ones.

Needs ``../shared/data``. No image of the sets should be refused, and each of the spoiled ones
should be, raw and as JPEG.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
import time

import cv2
import numpy as np
from numpy.typing import NDArray

from avpr_ros.arrays import RgbImage
from avpr_ros.sources.images.visible_structure import measure_structure
from benchmarks.results import SHARED_DATA, Row, print_table, require_data, write_results
from benchmarks.spoiled_images import SPOILERS, jpeg

#: Folders of the sets, below the shared data.
REAL = {
    'gardens_day': ('gardens_point/day_left', 'gardens_point/day_right'),
    'gardens_night': ('gardens_point/night_right',),
    'nordland': ('nordland/summer', 'nordland/winter'),
    'corridor': ('corridor/gallery', 'corridor/query'),
    'ietower': ('ietower/*',),
    'euroc_v1': ('euroc_v1/cam0', 'euroc_v1/cam1'),
    'uofa': ('uofa/images',),
    'wxbs': ('wxbs',),
}
#: Sets whose images are spoiled, and how many of each; those of nordland are too small.
SPOILED = ('gardens_day', 'gardens_night', 'corridor', 'ietower', 'euroc_v1', 'uofa')
_IMAGES = 4
NOTE = (
    'refused_share of the real sets is the share of wrong refusals, of the others that of right '
    'ones. Spoiled are four images of each of six sets, each raw and as JPEG of quality 75; '
    'lengths are shares of the width, sigmas grey levels. ms is the median processor time an '
    'image. The limits were chosen with these sets in view.'
)


def real_files(name: str) -> list[Path]:
    """Return the image files of a set."""
    require_data(name.split('_')[0] + '_point' if name.startswith('gardens') else name)
    found = [path for folder in REAL[name] for path in SHARED_DATA.glob(f'{folder}/*')]
    return sorted(path for path in found if path.suffix.lower() in ('.jpg', '.png'))


def row_of(kind: str, name: str, images: Iterator[RgbImage]) -> Row:
    """Measure images and count the refused ones by the first words of their fault."""
    times_s: list[float] = []
    faults: list[str] = []
    for image in images:
        before_s = time.thread_time()
        fault = measure_structure(image).fault
        times_s.append(time.thread_time() - before_s)
        faults.append(fault.split(',')[0].removeprefix('it is ') if fault else '')
    kinds = sorted({fault for fault in faults if fault}, key=faults.count, reverse=True)
    refused = sum(bool(fault) for fault in faults)
    return {
        'kind': kind,
        'images_of': name,
        'images': len(faults),
        'refused': refused,
        'refused_share': refused / len(faults),
        'as': ', '.join(f'{one} {faults.count(one)}' for one in kinds),
        'ms': 1e3 * float(np.median(times_s)),
    }


def spoiled(sources: Sequence[RgbImage], spoil: Callable[..., RgbImage]) -> Iterator[RgbImage]:
    """Spoil every source, raw and as JPEG."""
    rng = np.random.default_rng(0)
    for image in sources:
        result = spoil(image, rng)
        yield result
        yield jpeg(result, 75)


def _read(path: Path) -> RgbImage:
    image: NDArray[np.uint8] = np.asarray(cv2.imread(str(path)), dtype=np.uint8)
    return np.ascontiguousarray(image[..., ::-1])


def main() -> None:
    """Measure all sets and all spoiled images, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='every tenth image')
    options = parser.parse_args()
    cv2.setNumThreads(1)
    step = 10 if options.quick else 1
    rows = [row_of('real', name, map(_read, real_files(name)[::step])) for name in REAL]
    sources: list[RgbImage] = []
    for name in SPOILED:
        files = real_files(name)
        sources += map(_read, files[:: len(files) // _IMAGES][:_IMAGES:step])
    rows += [row_of('spoiled', name, spoiled(sources, spoil)) for name, spoil in SPOILERS.items()]
    print_table(rows, 'Refused because nothing is visible')
    write_results('unusable_images', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
