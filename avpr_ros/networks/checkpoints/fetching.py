# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Download of a published file, on explicit request only."""

from __future__ import annotations

from collections.abc import Callable
import http.client
from pathlib import Path
import tempfile
import time
from typing import Any, BinaryIO, TypeAlias
import urllib.error
import urllib.request

from avpr_ros.errors import ConfigError
from avpr_ros.networks.checkpoints.store import StoredModel, import_checkpoint
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.storage.files import sha256_of_file

_TIMEOUT_S = 30.0
#: The largest published file has 1.2 GB.
MAX_BYTES = 8_000_000_000
#: Of a whole download.
MAX_DOWNLOAD_S = 3600.0
_BLOCK = 1 << 18
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


class _HttpsOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https alone."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        """Return the request of a redirect; raises ``ConfigError`` for other schemes."""
        _check_scheme(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _check_scheme(url: str) -> None:
    if not url.lower().startswith('https://'):
        raise ConfigError(f'{url[:200]} is not fetched: only https addresses are')


def _download(url: str, path: Path, name: str) -> None:
    _check_scheme(url)
    try:
        opener = urllib.request.build_opener(_HttpsOnly)
        with opener.open(url, timeout=_TIMEOUT_S) as answer, path.open('wb') as stream:
            _copy(answer, stream)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise ConfigError(
            f'{url} cannot be fetched ({reason}); download it elsewhere and run `avpr models '
            f'import FILE --as {name}`'
        ) from error


def _copy(answer: Any, stream: BinaryIO) -> None:
    """Write the whole body to a file.

    Raises:
        OSError: it is too large, too slow, or ends early.
    """
    announced = answer.headers.get('Content-Length')
    started, written = time.monotonic(), 0
    while block := answer.read(_BLOCK):
        written += len(block)
        if written > MAX_BYTES:
            raise OSError(f'it has more than {MAX_BYTES // 1_000_000_000} GB')
        if time.monotonic() - started > MAX_DOWNLOAD_S:
            raise OSError(f'{written} bytes took more than {MAX_DOWNLOAD_S:g} s')
        stream.write(block)
    if announced is not None and written != int(announced):
        raise OSError(f'{written} of {announced} bytes arrived')
