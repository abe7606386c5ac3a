# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Files that have no end, or more bytes than are read."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path

import pytest

from avpr_ros.errors import ConfigError, ImageDecodeError, SourceError
from avpr_ros.json_fields import parse_object, read_object
from avpr_ros.sources.images.decode import decode_file
from avpr_ros.sources.poses.pose_csv import read_pose_csv
from avpr_ros.sources.poses.tum import read_tum
from avpr_ros.storage.file_pair import matching_bytes
from avpr_ros.storage.object_json import read_json
from avpr_ros.storage.object_store import LocalObjects
from avpr_ros.storage.reading import read_regular

READERS: tuple[Callable[[Path], object], ...] = (
    decode_file,
    read_object,
    read_pose_csv,
    read_tum,
)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / 'a'
    path.write_bytes(b'12345')
    assert read_regular(path, 5) == b'12345'
    with pytest.raises(ValueError, match='it has 5 bytes'):
        read_regular(path, 4)


@pytest.mark.parametrize('read', READERS)
def test_pipes_and_devices_are_refused_at_once(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    os.mkfifo(tmp_path / 'pipe')
    for path in (tmp_path / 'pipe', Path('/dev/zero'), tmp_path):
        with pytest.raises((SourceError, ImageDecodeError, ValueError, OSError)):
            read(path)


@pytest.mark.parametrize('read', [*READERS, lambda path: matching_bytes(path, 'a' * 64)])
def test_a_huge_file_is_refused_before_it_is_read(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / 'huge'
    with path.open('wb') as stream:
        stream.truncate(1 << 40)
    with pytest.raises((SourceError, ImageDecodeError, ValueError), match='1099511627776 bytes'):
        read(path)


def test_json_of_very_many_lists_is_refused() -> None:
    with pytest.raises(ValueError, match='million lists'):
        parse_object(b'{"a": [' + b'[],' * 2_000_000 + b'0]}')


def test_a_plan_or_record_of_a_store_is_measured_before_it_is_read(tmp_path: Path) -> None:
    objects = LocalObjects(tmp_path)
    with (tmp_path / 'plan.json').open('wb') as stream:
        stream.truncate(1 << 40)
    with pytest.raises(ConfigError, match='has 1099511627776 bytes'):
        read_json(objects, 'plan.json')
    os.mkfifo(tmp_path / 'pipe')
    with pytest.raises(ConfigError, match='no regular file'):
        objects.read('pipe')
