# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recall with the vocabularies of the package against those of the map itself, without training.

One network stands on both sides. ``own`` fits vocabularies and projection to the map, ``fixed``
(``embedded-fixed``) the projection alone, ``random`` takes a seeded random projection to 512
numbers that is the same for all maps, ``light`` is ``embedded-light``, of one part, with its own
vocabulary. Each is ranked with the descriptors as they are and standardised.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
import torch

from avpr_ros.arrays import Descriptors, evenly
from avpr_ros.evaluation.metrics.recall import recall_at
from avpr_ros.gallery.describer import BATCH, Parts
from avpr_ros.gallery.descriptor_space import BASIS
from avpr_ros.gallery.index.standardization import standardized
from avpr_ros.networks.describer import EmbeddedDescriber, one_torch_thread
from avpr_ros.networks.embedded.fitted_parts import vocabulary_name
from avpr_ros.networks.embedded.fixed_space import FIXED
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS
from avpr_ros.networks.projection import project_rows
from avpr_ros.networks.vocabulary import fit_vocabulary
from benchmarks.light_retrieval import about_running_mean
from benchmarks.results import (
    RESULTS,
    Row,
    print_table,
    stored_rows,
    write_results,
)
from benchmarks.training_sets import SETS, ImageList, TrainingSet

_DIM, _SEED = 512, 0
#: Images that the vocabularies of a map are fitted to, and features of each, as in a build.
_SAMPLE, _FEATURES = 256, 400
NOTE = (
    'EfficientNet-Lite0 at 192 px and XFeat at 320 px on both sides, no training; light is '
    'EfficientNet-Lite0 alone. gardens_*: map > queries, 200 images each, right within 3 frames; '
    'corridor within 2 frames, nordland every third frame within one of these, ietower each third '
    "second within 2 s. The package's vocabularies are fitted to rendered images; no image of "
    'these sets was used for them.'
)


#: Sets of ``training_sets``; the town is rendered, as the vocabularies are.
CHOSEN = (
    'corridor',
    'gardens_day',
    'gardens_night_left',
    'gardens_night_right',
    'nordland',
    'ietower',
)


def parts_of(describer: EmbeddedDescriber, images: ImageList) -> Parts:
    """Return the local features of all images in half precision; 240 kB an image."""
    found: dict[str, NDArray[np.float16]] = {}
    for start in range(0, len(images), BATCH):
        batch = range(start, min(start + BATCH, len(images)))
        squares = [describer.prepare(images.read(row)) for row in batch]
        for name, rows in describer.parts(squares).items():
            if name not in found:
                found[name] = np.empty((len(images), *rows.shape[1:]), np.float16)
            found[name][start : start + len(rows)] = rows
    return found


def own_vocabularies(sample: Parts) -> Parts:
    """Fit the vocabularies of both parts to images of the map, as ``embedded`` does."""
    fitted = {}
    for number, (part, rows) in enumerate(
        zip(EMBEDDED_KINDS[FIXED].parts, sample.values(), strict=True)
    ):
        some = rows[:, evenly(rows.shape[1], _FEATURES)]
        fitted[vocabulary_name(number)] = fit_vocabulary(
            some.reshape(-1, rows.shape[2]), part.words
        )
    return fitted


def pooled(describer: EmbeddedDescriber, parts: Parts, fitted: Parts) -> NDArray[np.float32]:
    """Return the long rows of all images."""
    count = len(next(iter(parts.values())))
    batches = []
    for start in range(0, count, 32):
        some = {n: rows[start : start + 32].astype(np.float32) for n, rows in parts.items()}
        batches.append(describer.pool(some, fitted))
    return np.concatenate(batches)


def pairs(data: TrainingSet) -> Iterator[tuple[str, Descriptors, Descriptors]]:
    """Yield the name of each space with its gallery and query descriptors."""
    fixed, light = EmbeddedDescriber(FIXED), EmbeddedDescriber('embedded-light')
    gallery, queries = (parts_of(fixed, side) for side in (data.gallery, data.queries))
    shown = evenly(len(data.gallery), _SAMPLE)
    sample = {name: rows[shown].astype(np.float32) for name, rows in gallery.items()}
    for name, describer, fitted in (
        ('light', light, light.fit(sample)),
        ('own', fixed, own_vocabularies(sample)),
        ('fixed', fixed, fixed.fit({})),
    ):
        rows, asked = (pooled(describer, side, fitted) for side in (gallery, queries))
        space, described = describer.shorten(rows, fitted)
        yield name, described, project_rows(asked, space.arrays[BASIS])
        if name == 'fixed':
            noise = np.random.default_rng(_SEED).standard_normal((rows.shape[1], _DIM))
            basis = np.linalg.qr(noise)[0].astype(np.float32)
            yield 'random', project_rows(rows, basis), project_rows(asked, basis)


def rows_of(name: str, data: TrainingSet) -> Iterator[Row]:
    """Rank the queries of a set in each space."""
    for method, rows, queries in pairs(data):
        mean = rows.mean(axis=0)
        row: dict[str, object] = {
            'set': name,
            'method': method,
            'keyframes': len(rows),
            'queries': len(queries),
        }
        for prefix, left, right in (
            ('', queries, rows),
            ('standardized_', about_running_mean(queries, mean), standardized(rows, mean)),
        ):
            ranked = list(np.argsort(-(left @ right.T), axis=1, kind='stable'))
            row[f'{prefix}recall_at_1'] = recall_at(ranked, data.right, 1, 'missed')
        yield row


def main() -> None:
    """Measure each set, print the table, write the result file after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='corridor only')
    parser.add_argument('--set', action='append', choices=CHOSEN, help='these sets alone')
    options = parser.parse_args()
    rows = [] if options.quick else stored_rows(RESULTS / 'fixed_space.json')
    torch.set_num_threads(1)
    with one_torch_thread():
        for name in ['corridor'] if options.quick else options.set or CHOSEN:
            found = list(rows_of(name, SETS[name]()))
            rows = [row for row in rows if row['set'] != name] + found
            rows.sort(key=lambda row: CHOSEN.index(str(row['set'])))
            write_results('fixed_space', rows, quick=options.quick, note=NOTE)
    print_table(rows, 'Vocabularies of the package and of the map')


if __name__ == '__main__':
    main()
