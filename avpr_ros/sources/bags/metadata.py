# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``metadata.yaml`` of a ROS 2 bag: which files it names and how much it counts in them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePath, PureWindowsPath
from typing import Any

from ruamel.yaml import YAML

from avpr_ros.storage.reading import read_regular

METADATA = 'metadata.yaml'
_ROOT = 'rosbag2_bagfile_information'
#: The parser takes a second for 60 kB, and aliases multiply what it returns.
_MAX_BYTES = 1_000_000


@dataclass(frozen=True)
class BagMetadata:
    """What a bag's metadata claims.

    Attributes:
        names: names of its storage files, in order.
        messages: number of messages in all of them; None where it is not stated.
    """

    names: tuple[str, ...]
    messages: int | None


def read_metadata(folder: Path) -> BagMetadata | None:
    """Read the metadata of a bag folder; None where it is missing or no bag's metadata."""
    path = folder / METADATA
    try:
        facts: Any = YAML(typ='safe').load(read_regular(path, _MAX_BYTES))[_ROOT]
        names = tuple(_file_name(folder, name) for name in facts['relative_file_paths'])
    except Exception:  # whatever the YAML parser raises, the files themselves are still there
        return None
    count = facts.get('message_count')
    return BagMetadata(names, count if isinstance(count, int) else None)


def _file_name(folder: Path, named: Any) -> str:
    """Return the name of a storage file; recorders on Windows write paths with backslashes."""
    if not isinstance(named, str):
        raise ValueError(f'a file is named by a {type(named).__name__}')
    name = PurePath(named).name
    return name if (folder / name).is_file() else PureWindowsPath(name).name
