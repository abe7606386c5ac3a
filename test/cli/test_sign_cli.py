# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr sign``, ``avpr verify`` and the option of ``avpr localize``."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera

pytest.importorskip('cryptography')


@pytest.fixture
def keys(tmp_path):
    """Keys as the documentation makes them."""
    if shutil.which('openssl') is None:
        pytest.skip('openssl is not installed')
    private, public = tmp_path / 'key.pem', tmp_path / 'key.pub.pem'
    subprocess.run(['openssl', 'genpkey', '-algorithm', 'ed25519', '-out', private], check=True)
    subprocess.run(['openssl', 'pkey', '-in', private, '-pubout', '-out', public], check=True)
    return private, public


@pytest.fixture
def folder(avpr, walk, tmp_path):
    assert avpr('build', walk, '-o', tmp_path / 'map')[0] == 0
    return tmp_path / 'map'


def test_signed_map_is_verified(avpr, folder, keys):
    private, public = keys
    code, out, err = avpr('sign', folder, '--key', private)
    assert (code, err) == (0, '')
    signer = out.split()[-1]
    code, out, err = avpr('verify', folder, '--keys', public)
    assert (code, err) == (0, '')
    assert f'was signed with the key {signer}; ' in out
    assert '12 thumbnails' in out


def test_map_with_extrinsics_is_signed(avpr, make_gallery, keys):
    camera = Camera('front', '/front/image', Pose.from_xy_yaw(0.1, 0.0, 0.0), None)
    poses = [Pose.from_xy_yaw(float(x), 0.0, 0.0) for x in range(3)]
    folder = make_gallery(np.eye(3, dtype=np.float32), poses, (camera,)).path
    code, _, err = avpr('sign', folder, '--key', keys[0])
    assert (code, err) == (0, '')


def test_signature_is_one_that_other_programs_verify(avpr, folder, keys):
    private, public = keys
    assert avpr('sign', folder, '--key', private)[0] == 0
    signed, signature = folder / 'manifest.json', folder / 'manifest.json.sig'
    command = ['openssl', 'pkeyutl', '-verify', '-pubin', '-inkey', public, '-rawin']
    command += ['-in', signed, '-sigfile', signature]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    signed.write_bytes(signed.read_bytes() + b' ')
    assert subprocess.run(command, check=False, capture_output=True).returncode != 0


def test_unsigned_or_changed_map_is_refused(avpr, folder, keys):
    private, public = keys
    code, _, err = avpr('verify', folder, '--keys', public)
    assert code == 2
    assert 'is not signed' in err
    assert avpr('sign', folder, '--key', private)[0] == 0
    thumbnail = next((folder / 'thumbnails').glob('*.jpg'))
    thumbnail.write_bytes(b'another picture')
    code, _, err = avpr('verify', folder, '--keys', public)
    assert code == 2
    assert 'is damaged (wrong hash)' in err


def test_damaged_map_is_not_signed(avpr, folder, keys):
    (folder / 'descriptors.npy').write_bytes(b'x')
    code, _, err = avpr('sign', folder, '--key', keys[0])
    assert code == 2
    assert 'descriptors.npy' in err
    assert not (folder / 'manifest.json.sig').exists()


def test_next_revision_has_no_signature(avpr, walk, folder, keys):
    private, public = keys
    assert avpr('sign', folder, '--key', private)[0] == 0
    assert avpr('build', walk, '-o', folder, '--replace')[0] == 0
    code, _, err = avpr('verify', folder, '--keys', public)
    assert code == 2
    assert 'is not signed' in err


def test_drive_is_matched_with_a_trusted_map_alone(
    avpr, walk, folder, keys, tmp_path, angle_network
):
    private, public = keys
    query = angle_network(folder)
    command = ('localize', walk, '--map', folder, '--query', query, '-o', tmp_path / 'out')
    command = (*command, '--trusted-map-keys', public)
    code, _, err = avpr(*command)
    assert code == 2
    assert 'is not signed' in err
    assert not (tmp_path / 'out').exists()
    assert avpr('sign', folder, '--key', private)[0] == 0
    assert avpr(*command)[0] == 0
