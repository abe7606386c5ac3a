# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Signed maps: whose are accepted, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import shutil
from typing import Any

import pytest

from avpr_ros.errors import ConfigError, MapError
from avpr_ros.gallery.gallery_map import OPTIONAL, REPORT, GalleryMap
from avpr_ros.gallery.manifest import NAME
from avpr_ros.gallery.map_folder import SIGNATURE, check_replaceable, read_signature
from avpr_ros.storage.signature import TrustedKeys, sign_map

ed25519 = pytest.importorskip('cryptography.hazmat.primitives.asymmetric.ed25519')
from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402

PEM = serialization.Encoding.PEM
PASSWORD = 'correct horse'


def write_key(folder: Path, name: str, password: str = '') -> tuple[Path, Path]:
    """Write a new pair of keys; return the files of the private and of the public one."""
    key = ed25519.Ed25519PrivateKey.generate()
    cipher: Any = serialization.NoEncryption()
    if password:
        cipher = serialization.BestAvailableEncryption(password.encode())
    private, public = folder / f'{name}.pem', folder / f'{name}.pub.pem'
    private.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, cipher))
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(PEM, kind))
    return private, public


def no_password() -> str:
    raise AssertionError('a password is asked for')


def sign(gallery: GalleryMap, key: Path, ask: Callable[[], str] = no_password) -> str:
    return sign_map(gallery.path / SIGNATURE, (gallery.path / NAME).read_bytes(), key, ask)


def signer_of(trusted: TrustedKeys, gallery: GalleryMap) -> str:
    manifest = (gallery.path / NAME).read_bytes()
    return trusted.check(gallery.path, manifest, read_signature(gallery.path))


def test_signed_map_is_opened_and_its_key_is_named(gallery: GalleryMap, tmp_path: Path) -> None:
    private, public = write_key(tmp_path, 'own')
    signer = sign(gallery, private)
    trusted = TrustedKeys.load(public)
    again = GalleryMap.open(gallery.path, trusted=trusted)
    assert again.manifest == gallery.manifest
    assert signer_of(trusted, gallery) == signer
    assert (gallery.path / SIGNATURE).stat().st_size == 64


def test_one_of_several_keys_is_enough(gallery: GalleryMap, tmp_path: Path) -> None:
    pairs = [write_key(tmp_path, name) for name in ('first', 'second', 'third')]
    bundle = tmp_path / 'bundle.pem'
    bundle.write_bytes(b'# notes\n'.join(public.read_bytes() for _, public in pairs))
    signer = sign(gallery, pairs[1][0])
    assert signer_of(TrustedKeys.load(bundle), gallery) == signer


def test_unsigned_map_is_refused(gallery: GalleryMap, tmp_path: Path) -> None:
    trusted = TrustedKeys.load(write_key(tmp_path, 'own')[1])
    with pytest.raises(MapError, match=r'is not signed, .*own\.pub\.pem .*avpr sign'):
        GalleryMap.open(gallery.path, trusted=trusted)


def test_signature_by_another_key_is_refused(gallery: GalleryMap, tmp_path: Path) -> None:
    sign(gallery, write_key(tmp_path, 'stranger')[0])
    trusted = TrustedKeys.load(write_key(tmp_path, 'own')[1])
    with pytest.raises(MapError, match='by none of the keys of'):
        GalleryMap.open(gallery.path, trusted=trusted)


def test_map_that_was_sealed_anew_is_refused(gallery: GalleryMap, tmp_path: Path) -> None:
    private, public = write_key(tmp_path, 'own')
    sign(gallery, private)
    with (gallery.path / 'descriptors.npy').open('r+b') as stream:
        stream.seek(-1, 2)
        stream.write(b'\x01')
    gallery.manifest.sealed(gallery.path, list(gallery.manifest.files)).save(gallery.path)
    GalleryMap.open(gallery.path)
    with pytest.raises(MapError, match='or the manifest was changed since'):
        GalleryMap.open(gallery.path, trusted=TrustedKeys.load(public))


@pytest.mark.parametrize('name', sorted(set(OPTIONAL) - {REPORT}))
def test_file_that_the_signature_does_not_cover_is_refused(
    gallery: GalleryMap, tmp_path: Path, name: str
) -> None:
    private, public = write_key(tmp_path, 'own')
    names = [one for one in gallery.manifest.files if one != name]
    gallery.manifest.sealed(gallery.path, names).save(gallery.path)
    sign(gallery, private)
    (gallery.path / name).write_bytes(b'[]')
    with pytest.raises(MapError, match=f'holds {name}, which its manifest'):
        GalleryMap.open(gallery.path, trusted=TrustedKeys.load(public))


@pytest.mark.parametrize('content', [b'', b'x' * 63, b'x' * 65, b'x' * 64])
def test_damaged_signature_is_refused(gallery: GalleryMap, tmp_path: Path, content: bytes) -> None:
    (gallery.path / SIGNATURE).write_bytes(content)
    trusted = TrustedKeys.load(write_key(tmp_path, 'own')[1])
    with pytest.raises(MapError, match=r'signature|manifest\.json\.sig'):
        GalleryMap.open(gallery.path, trusted=trusted)


def test_signature_that_is_a_symlink_is_refused(gallery: GalleryMap, tmp_path: Path) -> None:
    private, public = write_key(tmp_path, 'own')
    sign(gallery, private)
    (gallery.path / SIGNATURE).rename(tmp_path / 'elsewhere')
    (gallery.path / SIGNATURE).symlink_to(tmp_path / 'elsewhere')
    with pytest.raises(MapError, match='is a symlink'):
        GalleryMap.open(gallery.path, trusted=TrustedKeys.load(public))


def test_encrypted_key_asks_for_its_password(gallery: GalleryMap, tmp_path: Path) -> None:
    private, public = write_key(tmp_path, 'own', PASSWORD)
    with pytest.raises(ConfigError, match='give a PEM file with a private Ed25519 key'):
        sign(gallery, private, lambda: 'wrong')
    assert not (gallery.path / SIGNATURE).exists()
    sign(gallery, private, lambda: PASSWORD)
    GalleryMap.open(gallery.path, trusted=TrustedKeys.load(public))


def test_file_without_a_usable_key_is_refused(gallery: GalleryMap, tmp_path: Path) -> None:
    private, public = write_key(tmp_path, 'own')
    other = tmp_path / 'ec.pem'
    key = ec.generate_private_key(ec.SECP256R1())
    form, cipher = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    other.write_bytes(key.private_bytes(PEM, form, cipher))
    public_other = tmp_path / 'ec.pub.pem'
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    public_other.write_bytes(key.public_key().public_bytes(PEM, kind))
    broken = tmp_path / 'broken.pem'
    broken.write_bytes(public.read_bytes().replace(b'MC', b'!!'))
    for file in (tmp_path / 'missing', private, public_other, broken, gallery.path):
        with pytest.raises(ConfigError, match='give a PEM file with one or more public'):
            TrustedKeys.load(file)
    for file in (tmp_path / 'missing', public, other, broken):
        with pytest.raises(ConfigError, match='give a PEM file with a private'):
            sign(gallery, file)


def test_signed_map_may_be_replaced_and_copied(gallery: GalleryMap, tmp_path: Path) -> None:
    private, public = write_key(tmp_path, 'own')
    sign(gallery, private)
    check_replaceable(gallery.path)
    shutil.copytree(gallery.path, tmp_path / 'copy')
    copied = GalleryMap.open(tmp_path / 'copy', trusted=TrustedKeys.load(public))
    assert copied.manifest == gallery.manifest
    assert (tmp_path / 'copy' / NAME).read_bytes() == (gallery.path / NAME).read_bytes()
