# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Memory that is freed goes back to the system: settings of glibc's allocator.

By default each thread gets a heap of its own, and from the first large array that is freed on,
arrays of that size are taken from a heap, too. A map that was replaced left 135 MB in such heaps.
"""

from __future__ import annotations

import ctypes
import gc

#: Numbers of the settings in ``malloc.h``.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
#: Larger arrays are mapped one by one; the pixels of an image are smaller, mostly.
_MAPPED_BYTES = 4 << 20
_ARENAS = 2


def keep_heaps_small() -> None:
    """Limit the heaps; to be called before threads and large arrays. Elsewhere: nothing."""
    library = ctypes.CDLL(None)
    if hasattr(library, 'mallopt'):
        library.mallopt(_M_ARENA_MAX, _ARENAS)
        library.mallopt(_M_MMAP_THRESHOLD, _MAPPED_BYTES)


def return_freed_memory() -> None:
    """Collect cycles and give free pages of the heaps back; takes some tens of milliseconds."""
    gc.collect()
    library = ctypes.CDLL(None)
    if hasattr(library, 'malloc_trim'):
        library.malloc_trim(0)
