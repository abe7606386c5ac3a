# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""JSON objects with a hash of their own content."""

from __future__ import annotations

from collections.abc import Mapping
import hashlib
import json
from typing import Any

FIELD = 'manifest_sha256'


def with_hash(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the object with the hash of all its other fields."""
    return {**data, FIELD: _hash_of(data)}


def check_hash(data: Mapping[str, Any]) -> None:
    """Compare an object with its hash; raises ``ValueError`` where they differ."""
    rest = {key: value for key, value in data.items() if key != FIELD}
    if data.get(FIELD) != _hash_of(rest):
        raise ValueError('it was changed after it was written')


def _hash_of(data: Mapping[str, Any]) -> str:
    """Hash the object in one fixed rendering, whatever its layout on disk."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
