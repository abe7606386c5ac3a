# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A network as one ONNX file, checked against torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
import warnings

import numpy as np
from numpy.typing import NDArray
import onnx
import onnxruntime
import torch
from torch import nn

from avpr_ros.arrays import RgbImage
from avpr_ros.errors import TrainingError
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork, image_batches
from avpr_ros.networks.xfeat import XFeat
from avpr_ros.networks.xfeat_export import NOTICE
from avpr_ros.runtime.onnx_backend import INPUT, OUTPUT
from avpr_ros.storage.files import atomic_file

#: Runs in ONNX Runtime 1.15 and later, and has every operator that is needed.
OPSET = 17
#: Above this the exported network is not the trained one; float32 gives about 1e-6.
LARGEST_DIFFERENCE = 1e-3
#: The same before the projection: a local feature as near to one word as to another is given to
#: either, and a single number of the long descriptor shows it.
LARGEST_LONG_DIFFERENCE = 1e-2


def export_onnx(
    network: nn.Module, input_px: int, output: Path, images: Sequence[RgbImage]
) -> float:
    """Write a network as ONNX and compare it with torch.

    The file appears only when the comparison has passed. With XFeat in it, it carries that
    network's notice. Its input is ``image``, (B, S, S, 3)
    uint8 RGB with B free, its output ``descriptor``, (B, d) float32 unit rows.

    Args:
        network: takes the input's tensor, gives the output's.
        input_px: side S.
        output: the ONNX file.
        images: real images of any size for the comparison; random ones are added.

    Returns:
        The largest absolute difference of any number of any descriptor.

    Raises:
        TrainingError: ONNX and torch differ by more than is allowed, see above.
    """
    batches = [batch.numpy() for batch in image_batches(images, input_px)]
    rng = np.random.default_rng(0)
    batches.append(rng.integers(0, 256, (3, input_px, input_px, 3), dtype=np.uint8))
    long = isinstance(network, EmbeddedGalleryNetwork) and network.fitted.basis is None
    allowed = LARGEST_LONG_DIFFERENCE if long else LARGEST_DIFFERENCE
    with atomic_file(output) as temporary:
        _trace(network.eval(), input_px, temporary)
        if any(isinstance(part, XFeat) for part in network.modules()):
            _add_notice(temporary)
        difference = _largest_difference(network, temporary, batches)
        if not difference <= allowed:
            raise TrainingError(
                f'the exported network differs from torch by {difference:.2g} (at most '
                f'{allowed:g} is allowed); install the versions of constraints.txt'
            )
    return difference


def _trace(network: nn.Module, input_px: int, path: Path) -> None:
    example = torch.zeros(2, input_px, input_px, 3, dtype=torch.uint8)
    with warnings.catch_warnings(), torch.inference_mode():
        # The newer exporter needs onnxscript, one more dependency for the same graph; the older
        # one warns that it is the older one, and that padding is traced for this size, as wanted.
        warnings.simplefilter('ignore')
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_axes={INPUT: {0: 'batch'}, OUTPUT: {0: 'batch'}},
            opset_version=OPSET,
            dynamo=False,
        )


def _add_notice(path: Path) -> None:
    """Write who made the weights of XFeat, and their licence, into the file."""
    model = onnx.load(path)
    onnx.helper.set_model_props(model, NOTICE)
    onnx.save(model, path)


def _largest_difference(
    network: nn.Module, path: Path, batches: Sequence[NDArray[np.uint8]]
) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    largest = 0.0
    for batch in batches:
        (exported,) = session.run([OUTPUT], {INPUT: batch})
        with torch.inference_mode():
            wanted = network(torch.from_numpy(batch)).numpy()
        largest = max(largest, float(np.abs(exported - wanted).max()))
    return largest
