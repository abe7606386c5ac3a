# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a figure was measured on: machine and versions, in words."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
import os
from pathlib import Path
import platform

PACKAGES = ('avpr_ros', 'torch', 'timm', 'onnxruntime', 'faiss-cpu', 'opencv-python-headless')


def machine() -> str:
    """Return processor, cores and memory."""
    info = Path('/proc/cpuinfo')
    lines = info.read_text(encoding='utf-8').splitlines() if info.is_file() else []
    model = next((row.split(':')[1].strip() for row in lines if row.startswith('model name')), '')
    memory_gib = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30
    cores = len(os.sched_getaffinity(0))
    return f'{model or platform.machine()}, {cores} cores, {memory_gib:.0f} GiB'


def versions() -> dict[str, str]:
    """Return the versions of Python and the packages that figures depend on."""
    found = {'python': platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = 'not installed as a package'
    return found
