# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Objects of a store that hold JSON: small ones."""

from __future__ import annotations

from avpr_ros.errors import ConfigError
from avpr_ros.json_fields import MAX_BYTES
from avpr_ros.storage.object_store import ObjectStore


def read_json(objects: ObjectStore, name: str) -> bytes | None:
    """Return an object that is JSON, None where there is none; raises ``ConfigError``."""
    size = objects.size(name)
    if size is not None and size > MAX_BYTES:
        raise ConfigError(
            f'{objects.address}/{name} has {size} bytes, more than {MAX_BYTES // 10**6} MB; write '
            'it again'
        )
    return objects.read(name)
