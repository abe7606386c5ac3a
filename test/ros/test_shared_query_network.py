# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One query network of ``embedded-fixed`` and two maps, over ``~/reload_map``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pictures
from processes import NodeProcess, Peer, values_of
import pytest
from std_srvs.srv import Trigger
import town

from avpr_ros.api.maps import build_map
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.training import held_out
from avpr_ros.training.symmetric import export_gallery_network

pytestmark = pytest.mark.slow
PLACES = (2, 9)


@pytest.fixture(scope='module', autouse=True)
def few_views() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out, 'VIEWS', 10)
        yield


@pytest.fixture(scope='module')
def maps(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The town, there and back."""
    folder = tmp_path_factory.mktemp('fixed')
    return [
        build_map(
            town.TownSource(back),
            folder / f'map{back:d}',
            network='embedded-fixed',
            landmarks=False,
        ).path
        for back in (False, True)
    ]


def look(peer: Peer, camera: object, place: int) -> tuple[bool, str]:
    """Return whether the best keyframe is of the way back, and its id."""
    values = values_of(peer.ask(camera, pictures.raw(town.view(place))).status[0])
    return float(values['y_m']) > town.BACK_M / 2, values['keyframe_id']


@pytest.mark.parametrize('given', ['file', 'in the map'])
def test_reload_swaps_maps_without_a_restart(
    maps: list[Path],
    given: str,
    tmp_path: Path,
    start: Callable[..., NodeProcess],
    peer_of: Callable[[NodeProcess], Peer],
) -> None:
    query: Path | str = "''"
    if given == 'file':
        query = export_gallery_network(GalleryMap.open(maps[0]), tmp_path / 'query.onnx').output
    live = tmp_path / 'live'
    live.symlink_to(maps[0], target_is_directory=True)
    name = f'fixed_{given.replace(" ", "_")}'
    peer = peer_of(start(name, map_path=live, query_network=query, max_image_age_s=0.0))
    camera = peer.publisher()
    for place in PLACES:
        assert look(peer, camera, place) == (False, str(place))
    live.unlink()
    live.symlink_to(maps[1], target_is_directory=True)
    answer = peer.start_call(Trigger, 'reload_map', Trigger.Request())
    peer.until(answer.done, 'the answer of reload_map')
    assert answer.result().success, answer.result().message
    for place in PLACES:
        assert look(peer, camera, place) == (True, str(town.PLACES - 1 - place))
