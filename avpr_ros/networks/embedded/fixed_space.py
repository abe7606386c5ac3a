# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The descriptor space before the projection that all maps of ``embedded-fixed`` share.

Its vocabularies are those of the package: ``python -m simulation.space`` fits them to rendered
images alone. The projection stays one of each map and is applied when a query is matched: one that
is fixed, to 512 numbers, costs more recall than the vocabularies do.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np

from avpr_ros.errors import ConfigError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS

FIXED = 'embedded-fixed'
FILE = Path(__file__).with_name('fixed_space.npz')
#: Hash of the file: another one is damaged, or of another version.
SHA256 = '888d724745366ed6add87b00674f8f588e860949b3f56d962c7dd5142dc92a46'


def fixed_space(file: Path = FILE, sha256: str = SHA256) -> DescriptorSpace:
    """Return the space of the long descriptors: the joined VLAD of all parts.

    Args:
        file: vocabularies and weights of the parts.
        sha256: of the file.

    Raises:
        ConfigError: the file is missing or has another hash.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise ConfigError(
            f'{file} cannot be read ({error.strerror or error}); install avpr_ros again'
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ConfigError(
            f'{file} has the hash {found[:12]} instead of {sha256[:12]}: it is damaged or of '
            'another version; install avpr_ros again'
        )
    with np.load(io.BytesIO(data), allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    dim = sum(array.size for array in arrays.values() if array.ndim == 2)
    return DescriptorSpace.create(FIXED, dim, EMBEDDED_KINDS[FIXED].input_px, arrays)
