# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Download of a published file, on explicit request only."""

from __future__ import annotations

from collections.abc import Callable
import http.client
from pathlib import Path
import shutil
import tempfile
from typing import TypeAlias
import urllib.error
import urllib.request

from avpr_ros.errors import ConfigError
from avpr_ros.files import sha256_of_file
from avpr_ros.networks.checkpoints.store import StoredModel, import_checkpoint
from avpr_ros.networks.foundation.kinds import kind_by_name

_TIMEOUT_S = 30.0
#: Receives the file's SHA-256 and returns whether to import the file.
Confirm: TypeAlias = Callable[[str], bool]


def fetch_model(name: str, confirm: Confirm, expected_sha256: str | None = None) -> StoredModel:
    """Download, check and import a network.

    The publishers give no hashes with their releases. So the caller gives the expected hash or
    confirms that of the downloaded file; the file is deleted otherwise.

    Args:
        name: of the network.
        confirm: called without an expected hash, before the file is opened.
        expected_sha256: expected hash of the file.

    Raises:
        ConfigError: unknown network, no download link, no connection, a wrong or unconfirmed hash,
            or a file that does not match the network.
    """
    url = kind_by_name(name).url
    if not url:
        raise ConfigError(
            f'the publisher of {name} has no direct link; download the file by hand and run '
            f'`avpr models import FILE --as {name}`'
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / url.rsplit('/', 1)[-1]
        _download(url, path, name)
        digest = sha256_of_file(path)
        if expected_sha256 is not None and digest != expected_sha256.lower():
            raise ConfigError(
                f'{url} has sha256 {digest}, expected is {expected_sha256}; nothing is imported'
            )
        if expected_sha256 is None and not confirm(digest):
            raise ConfigError(f'sha256 {digest} of {url} was not confirmed; nothing is imported')
        return import_checkpoint(path, name)


def _download(url: str, path: Path, name: str) -> None:
    try:
        with (
            urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer,
            path.open('wb') as stream,
        ):
            shutil.copyfileobj(answer, stream)
    except (OSError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise ConfigError(
            f'{url} cannot be fetched ({reason}); download it elsewhere and run `avpr models '
            f'import FILE --as {name}`'
        ) from error
