# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the decoder needs of an image message, of whichever library."""

from __future__ import annotations

from typing import Any, Protocol


class ImageMessage(Protocol):
    """``sensor_msgs/Image``, of whichever library."""

    height: Any
    width: Any
    encoding: Any
    is_bigendian: Any
    step: Any
    data: Any


class CompressedImageMessage(Protocol):
    """``sensor_msgs/CompressedImage``, of whichever library."""

    format: Any
    data: Any
