# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from avpr_ros.storage.object_store import LocalObjects, open_objects


@pytest.fixture
def store(tmp_path: Path) -> LocalObjects:
    objects = LocalObjects(tmp_path)
    for name in ('plan.json', 'rows/a.npz', 'rows/b.npz', 'maps/yard/1/manifest.json'):
        objects.write(name, b'x')
    (tmp_path / 'rows' / '.c.npz.avpr-1').mkdir()
    (tmp_path / 'rows' / '.c.npz.avpr-1' / 'c.npz').touch()
    return objects


def test_names_are_those_of_whole_objects(store: LocalObjects) -> None:
    assert store.names('') == [
        'maps/yard/1/manifest.json',
        'plan.json',
        'rows/a.npz',
        'rows/b.npz',
    ]
    assert store.names('rows') == ['rows/a.npz', 'rows/b.npz']
    assert store.names('nowhere') == []
    assert open_objects(f'file://{store.address}').names('rows') == ['rows/a.npz', 'rows/b.npz']


@pytest.mark.parametrize('scheme', ['', 'file://'])
def test_names_of_one_depth(store: LocalObjects, scheme: str) -> None:
    opened = open_objects(f'{scheme}{store.address}')
    assert opened.names('', 1) == ['plan.json']
    assert opened.names('', 2) == ['rows/a.npz', 'rows/b.npz']
    assert opened.names('maps', 3) == ['maps/yard/1/manifest.json']


def test_names_are_found_while_others_write(store: LocalObjects) -> None:
    ended = Event()

    def write() -> None:
        while not ended.is_set():
            store.write('rows/d.npz', b'y')

    writers = [Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    try:
        found = [store.names('rows') for _ in range(300)]
    finally:
        ended.set()
        for writer in writers:
            writer.join()
    assert all(names[:2] == ['rows/a.npz', 'rows/b.npz'] for names in found)
