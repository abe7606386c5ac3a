# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""JPEG files whose last bytes are missing: how much of the picture is missing with them."""

from __future__ import annotations

from functools import cache
import logging

import numpy as np
from numpy.typing import NDArray

#: Share of the pixels that may be missing.
MAX_MISSING = 0.01
#: libjpeg makes blocks without data of this grey.
_FILL = 128
#: Rows of a block with halved colour.
_BAND_PX = 16
_END_OF_IMAGE = b'\xff\xd9'


def with_end(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the bytes of a file with an end-of-image mark."""
    return np.frombuffer(data.tobytes().removesuffix(b'\xff') + _END_OF_IMAGE, dtype=np.uint8)


def missing_share(image: NDArray[np.uint8]) -> float:
    """Return the share of an (H, W, 3) image that the decoder filled for want of data.

    Blocks follow each other row by row, so that it is the end of the image that is filled.
    """
    filled = (image == _FILL).all(axis=2)
    missing = 0
    for bottom in range(len(filled), 0, -_BAND_PX):
        band = filled[max(bottom - _BAND_PX, 0) : bottom]
        # Its upper rows are blended with the colours above when these are enlarged.
        columns = band[len(band) // 2 :].all(axis=0)
        missing += int(columns.sum()) * len(band)
        if not columns.all():
            break
    return float(missing / filled.size)


@cache
def warn_of_missing_end() -> None:
    """Log once that files without an end are decoded."""
    logging.getLogger(__name__).warning(
        'A JPEG lacks its last bytes; such images are decoded as far as they go: check that their '
        'writer finishes each file.'
    )
