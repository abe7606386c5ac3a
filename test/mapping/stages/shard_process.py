# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Computes all shards, slowly, in a process that a test kills."""

from __future__ import annotations

from pathlib import Path
import sys
import time

from small_drives import OPTIONS, SETTINGS

from avpr_ros.api.fleet import Fleet

fleet = Fleet.plan(
    [Path(path) for path in sys.argv[2:]],
    sys.argv[1],
    SETTINGS,
    OPTIONS,
    lambda stage, *_: time.sleep(0.2 if stage == 'keyframes' else 0),
)
fleet.compute(fleet.local)
