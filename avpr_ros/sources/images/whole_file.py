# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Detect a damaged JPEG or PNG before decoding: OpenCV returns half an image for some.

A JPEG has no checksum. Found is what breaks its chain of segments: a missing end, overwritten
stretches that hold a marker out of place. A few flipped bits inside a scan escape every decoder.
"""

from __future__ import annotations

import numpy as np

#: What is found where the last bytes of a JPEG are missing.
NO_END = 'is cut short: it has no JPEG end-of-image mark'
_JPEG_START = b'\xff\xd8'
_PNG_START = b'\x89PNG\r\n\x1a\n'
_PNG_END = b'IEND\xaeB`\x82'
# marker codes of ITU-T T.81, table B.1
_END_OF_IMAGE = 0xD9
_START_OF_SCAN = 0xDA
_RESTARTS = range(0xD0, 0xD8)
_RESTART_INTERVAL = 0xDD
_SEGMENTS = {*range(0xC0, 0xD0), *range(0xDA, 0xE0), *range(0xE0, 0xF0), 0xFE} - {0xC8}


def find_damage(data: bytes) -> str | None:
    """Return the damage of a file as a clause, or None where none is detected.

    Data that is neither JPEG nor PNG passes: the codec checks it. Bytes after the end are
    allowed.
    """
    if data.startswith(_JPEG_START):
        return _jpeg_damage(data)
    if data.startswith(_PNG_START) and _PNG_END not in data[-4096:]:
        return 'is cut short: it has no PNG end chunk'
    return None


def _jpeg_damage(data: bytes) -> str | None:
    """Walk from segment to segment, through the scans, to the end-of-image mark.

    Inside a scan 0xFF is escaped by a zero, so 0xFF with anything else is a marker.
    """
    octets = np.frombuffer(data, dtype=np.uint8)
    after = octets[1:]
    markers = np.flatnonzero((octets[:-1] == 0xFF) & (after != 0x00) & (after != 0xFF))
    offset = len(_JPEG_START)
    in_scan = restarts = False
    while (row := int(np.searchsorted(markers, offset))) < len(markers):
        start = int(markers[row])
        marker = data[start + 1]
        if not in_scan and data[offset:start].strip(b'\xff'):  # fill bytes may come first
            return f'is damaged: byte {offset} is no JPEG marker'
        if marker == _END_OF_IMAGE:
            return None
        offset = start + 2
        if in_scan and restarts and marker in _RESTARTS:
            continue
        if marker not in _SEGMENTS:
            return f'is damaged: byte {start} is no valid JPEG marker'
        in_scan = marker == _START_OF_SCAN
        restarts = restarts or marker == _RESTART_INTERVAL
        offset += int.from_bytes(data[offset : offset + 2], 'big')
    return NO_END


def scan_count(data: bytes) -> int:
    """Return an upper bound of the number of scans of a JPEG; 1 for other files."""
    return data.count(b'\xff\xda') if data.startswith(_JPEG_START) else 1
