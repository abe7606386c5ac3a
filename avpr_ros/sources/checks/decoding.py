# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Decode an image of every camera before work starts."""

from __future__ import annotations

from avpr_ros.errors import ImageDecodeError
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.preflight import PreflightCheck

#: The first images of a camera are tried, then every so many, until one can be decoded.
_FIRST, _STRIDE, _MOST_TRIED = 3, 20, 12


def decoding_checks(source: FrameSource) -> tuple[PreflightCheck, ...]:
    """Check that images of every camera can be decoded.

    Reads as far into the source as the first image of each camera that can be decoded.

    Returns:
        A finding per camera that fails: an error where no camera's images can be decoded.
    """
    waiting = {camera.name for camera in source.cameras}
    seen: dict[str, int] = {}
    tried: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for image in source.images():
        camera = image.camera
        if camera not in waiting:
            continue
        number = seen[camera] = seen.get(camera, 0) + 1
        if number > _FIRST and number % _STRIDE:
            continue
        try:
            image.decode()
        except ImageDecodeError as error:
            reasons.setdefault(camera, str(error))
            tried[camera] = tried.get(camera, 0) + 1
            if tried[camera] >= _MOST_TRIED:
                waiting.discard(camera)
        else:
            waiting.discard(camera)
            reasons.pop(camera, None)
        if not waiting:
            break
    level = 'error' if len(reasons) == len(source.cameras) else 'warning'
    return tuple(
        PreflightCheck(
            'decoding',
            level,  # type: ignore[arg-type]
            f'None of {tried[camera]} images of camera {camera} that were tried can be decoded: '
            f'{reason}',
        )
        for camera, reason in reasons.items()
    )
