# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The signature of a map: Ed25519 over the bytes of its manifest, which has every file's hash.

The file holds the 64 bytes of RFC 8032 alone, so that other programs can make and check it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
import hashlib
from pathlib import Path
import re
from typing import Any

from avpr_ros.errors import ConfigError, MapError
from avpr_ros.storage.files import atomic_file
from avpr_ros.storage.reading import reading

_FINGERPRINT_DIGITS = 16
#: A file of more public keys than anyone trusts.
_MAX_KEY_BYTES = 1_000_000
_PUBLIC_KEY = re.compile(rb'-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----', re.DOTALL)
_PUBLIC_ADVICE = 'give a PEM file with one or more public Ed25519 keys'
_PRIVATE_ADVICE = 'give a PEM file with a private Ed25519 key and its password, where it has one'


@dataclass(frozen=True)
class TrustedKeys:
    """The public keys whose signatures are accepted.

    Attributes:
        path: the file that they are from.
        keys: one or more.
    """

    path: Path
    keys: Sequence[Any]

    @classmethod
    def load(cls, path: Path) -> TrustedKeys:
        """Read the public keys of a PEM file.

        Raises:
            ConfigError: it cannot be read, has no public key or one that is not Ed25519, or the
                package ``cryptography`` is not installed.
        """
        serialization, ed25519 = _library()
        with reading(path, ConfigError, _PUBLIC_ADVICE):
            blocks = _PUBLIC_KEY.findall(_read_key_file(path))
            keys = [serialization.load_pem_public_key(block) for block in blocks]
        if not keys or not all(isinstance(key, ed25519.Ed25519PublicKey) for key in keys):
            raise ConfigError(
                f'{path} has no public key, or one of another kind; {_PUBLIC_ADVICE}'
            )
        return cls(path, keys)

    def check(self, folder: Path, manifest: bytes, signature: bytes | None) -> str:
        """Check the signature of a map.

        Args:
            folder: of the map.
            manifest: the bytes of its manifest.
            signature: the bytes of its signature; None where it has none.

        Returns:
            The fingerprint of the key that made the signature.

        Raises:
            MapError: the map is not signed, not by one of the keys, or was changed since.
        """
        if signature is None:
            raise MapError(
                f'{folder} is not signed, and only maps with a signature by a key of {self.path} '
                'are accepted; sign it with avpr sign'
            )
        for key in self.keys:
            if _accepts(key, signature, manifest):
                return fingerprint(key)
        known = ', '.join(fingerprint(key) for key in self.keys)
        raise MapError(
            f'the signature of {folder} is by none of the keys of {self.path} ({known}), or the '
            'manifest was changed since; add the public key of who signed it, or sign it again '
            'with avpr sign'
        )


def sign_map(
    output: Path, manifest: bytes, key_file: Path, ask_password: Callable[[], str]
) -> str:
    """Sign the manifest of a map, in place of an earlier signature.

    Args:
        output: the file of the signature.
        manifest: the bytes of its manifest, which were checked.
        key_file: PEM file with a private Ed25519 key.
        ask_password: called where the key is encrypted.

    Returns:
        The fingerprint of the key.

    Raises:
        ConfigError: the key cannot be used, or the package ``cryptography`` is not installed.
        MapError: the file cannot be written.
    """
    serialization, ed25519 = _library()
    with reading(key_file, ConfigError, _PRIVATE_ADVICE):
        data = _read_key_file(key_file)
        try:
            key = serialization.load_pem_private_key(data, None)
        except TypeError:  # encrypted
            key = serialization.load_pem_private_key(data, ask_password().encode())
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ConfigError(f'{key_file} has a key of another kind; {_PRIVATE_ADVICE}')
    try:
        with atomic_file(output) as temporary:
            temporary.write_bytes(key.sign(manifest))
    except OSError as error:
        raise MapError(f'{output} cannot be written ({error}); check the map folder') from error
    return fingerprint(key.public_key())


def fingerprint(key: Any) -> str:
    """Return the first 16 hex digits of the sha256 of a public key's 32 bytes."""
    serialization, _ = _library()
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:_FINGERPRINT_DIGITS]


def _accepts(key: Any, signature: bytes, data: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def _read_key_file(path: Path) -> bytes:
    with path.open('rb') as stream:
        data = stream.read(_MAX_KEY_BYTES + 1)
    if len(data) > _MAX_KEY_BYTES:
        raise ValueError(f'it has more than {_MAX_KEY_BYTES} bytes')
    return data


def _library() -> tuple[Any, Any]:
    """Import what only signatures need."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise ConfigError(
            'Signatures need the package cryptography, which is not installed: pip install '
            "'avpr_ros[signing]', or apt install python3-cryptography"
        ) from error
    return serialization, ed25519
