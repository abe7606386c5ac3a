# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``python -m simulation.space``: fit the vocabularies of ``embedded-fixed`` and write their file.

Rendered images alone are used, each as it is and in two augmented views. Printed is the hash that
belongs into ``fixed_space.py``; maps of another hash need another query network.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
import torch

from avpr_ros.arrays import RgbImage, evenly
from avpr_ros.networks.embedded.dense_features import DenseFeatures
from avpr_ros.networks.embedded.fitted_parts import WEIGHTS, vocabulary_name
from avpr_ros.networks.embedded.fixed_space import FILE, FIXED
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS
from avpr_ros.networks.gallery_network import image_batches
from avpr_ros.networks.vocabulary import fit_vocabulary
from avpr_ros.storage.files import atomic_file, sha256_of_file
from avpr_ros.training.augmentation.augment import Augmentation
from simulation.space.images import drives, rendered

#: Other lights and cameras than those of the renderer.
_AUGMENTATION = Augmentation(plain_share=0.0, grey=0.3, night=0.15, winter=0.15)
_VIEWS = 2
#: Features of an image that count; further ones add time, not quality.
_FEATURES = 400


def images_of(folder: Path) -> Iterator[RgbImage]:
    """Yield the rendered images and their views; what is in the folder is not rendered again."""
    console = Console()
    for number, (drive, count) in enumerate(drives()):
        file = folder / f'{drive.name}.npy'
        if not file.exists():
            with atomic_file(file) as temporary, temporary.open('wb') as stream:
                np.save(stream, np.stack(list(rendered(drive, count))))
        images = np.load(file)
        console.print(f'{drive.name}: {len(images)} images')
        yield from images
        rng = np.random.default_rng(number)
        for image in images:
            for _ in range(_VIEWS):
                yield _AUGMENTATION.view(image, EMBEDDED_KINDS[FIXED].input_px, rng)


def fitted_vocabularies(folder: Path) -> dict[str, NDArray[np.float32]]:
    """Return the arrays of the space, fitted to the images of all drives."""
    kind = EMBEDDED_KINDS[FIXED]
    network = DenseFeatures(kind)
    features: list[list[NDArray[np.float32]]] = [[] for _ in kind.parts]
    with torch.inference_mode():
        for batch in image_batches(images_of(folder), kind.input_px):
            for kept, of_part in zip(features, network(batch), strict=True):
                some = of_part[:, evenly(of_part.shape[1], _FEATURES)]
                kept.append(some.reshape(-1, of_part.shape[2]).numpy())
    arrays = {
        vocabulary_name(number): fit_vocabulary(np.concatenate(kept), part.words)
        for number, (part, kept) in enumerate(zip(kind.parts, features, strict=True))
    }
    return {**arrays, WEIGHTS: np.full(len(kind.parts), 1 / len(kind.parts), np.float32)}


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('folder', type=Path, help='of the rendered images')
    parser.add_argument('--output', type=Path, default=FILE)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    arrays = fitted_vocabularies(options.folder)
    with atomic_file(options.output) as temporary, temporary.open('wb') as stream:
        # Typing of savez does not know that keyword names are free.
        np.savez(stream, **arrays)  # type: ignore[arg-type]
    Console().print(f'{options.output}: sha256 {sha256_of_file(options.output)}')


if __name__ == '__main__':
    main()
