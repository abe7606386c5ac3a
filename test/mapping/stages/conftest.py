# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Two small drives, one with a broken image, and the map that the plain build makes of them."""

from __future__ import annotations

import pytest
from small_drives import OPTIONS, SETTINGS, Drives, plain_build, write_walk, write_wall_bag

from avpr_ros.api.fleet import Fleet


@pytest.fixture(scope='session')
def drives(tmp_path_factory: pytest.TempPathFactory) -> Drives:
    folder = tmp_path_factory.mktemp('drives')
    walk = write_walk(folder / 'walk', 9, 3, broken=2)
    paths = [write_wall_bag(folder / 'wall', 13, 1), walk]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            'matplotlib.figure.Figure.savefig', lambda _, file, **options: file.write(b'<svg/>')
        )
        made = plain_build(paths, folder / 'plain', SETTINGS.network)
    assert made.manifest.sessions[1].undecodable == 1
    fleet = Fleet.plan(paths, folder / 'shards', SETTINGS, OPTIONS)
    assert fleet.compute(fleet.local) == []
    return Drives(paths, made.manifest.content_hash, folder / 'shards')


@pytest.fixture(autouse=True)
def figures_are_not_drawn(empty_figures: None) -> None:
    """Reports take longer than the maps of these tests."""
