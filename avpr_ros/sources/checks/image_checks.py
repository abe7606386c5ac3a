# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Checks of the number of images and of their stamps."""

from __future__ import annotations

from avpr_ros.arrays import IntArray
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.stamps import NS_PER_S

#: Largest share of images dropped because of their stamps; above it the source is rejected.
_TOLERABLE_LOSS = 0.1


def images_check(where: str, stamps_ns: IntArray) -> PreflightCheck:
    """Return the number of images and their duration.

    Args:
        where: topics or folders of the images.
        stamps_ns: (M,) stamps of the images that are used.
    """
    if len(stamps_ns) == 0:
        return PreflightCheck(
            'images', 'error', f'No image in {where}: check the topic or folder of the images.'
        )
    duration_s = (stamps_ns.max() - stamps_ns.min()) / NS_PER_S
    return PreflightCheck(
        'images', 'ok', f'{len(stamps_ns)} images in {duration_s:.1f} s from {where}.'
    )


def stamps_check(
    total: int, jumps_back: int, duplicates: int, late: int, misdated: int = 0
) -> PreflightCheck:
    """Check the image stamps.

    Args:
        total: number of images before dropping any.
        jumps_back: times a camera's stamp went back.
        duplicates: images dropped because their camera had that stamp already.
        late: images dropped because they are more than a second out of their camera's order.
        misdated: images dropped because their stamp is an hour or more from all others.
    """
    if jumps_back == duplicates == late == misdated == 0:
        return PreflightCheck('stamps', 'ok', 'Image stamps rise steadily.')
    text = (
        f'Image stamps go back {jumps_back} times; of {total} images {duplicates} share a stamp '
        f'with another, {late} are more than 1 s out of order and {misdated} have a date far from '
        'the others; these are dropped.'
    )
    if duplicates + late + misdated > _TOLERABLE_LOSS * total:
        advice = (
            f' At most {_TOLERABLE_LOSS:.0%} may be dropped: correct the clock or the driver that '
            'stamps the images, or split the recording.'
        )
        return PreflightCheck('stamps', 'error', text + advice)
    return PreflightCheck('stamps', 'warning', text)


def no_stamps_check(images_ns: IntArray) -> tuple[PreflightCheck, ...]:
    """Check that images are stamped at all; no finding where they are.

    Args:
        images_ns: (M,) stamps of the images.
    """
    if len(images_ns) and not images_ns.any():
        text = 'All image stamps are 0: let the driver set header.stamp, and record again.'
        return (PreflightCheck('stamps', 'error', text),)
    return ()
