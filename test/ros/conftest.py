# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A town's map and query network, nodes as processes, and a ROS domain of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

rclpy = pytest.importorskip('rclpy', reason='rclpy is not installed')

from processes import NodeProcess, Peer  # noqa: E402
import town  # noqa: E402

from simulation.ros_domain import reserve_domain  # noqa: E402

HERE = Path(__file__).parent
#: Files whose every test starts its own nodes; the tests of the others share theirs.
APART = (
    *('test_early_signals', 'test_robustness', 'test_start_and_stop', 'test_wrong_starts'),
    *('test_adapter_consumer', 'test_adapter_node', 'test_adapter_start'),
    'test_pose_graph_node',
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each file of tests to one process, but those of ``APART`` test by test."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition('::')[0]
            return nodeid if Path(file).stem in APART else file

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder, whose nodes may take long to start on a loaded machine."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker('ros')
            if item.get_closest_marker('timeout') is None:
                item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope='session', autouse=True)
def ros_domain() -> Iterator[None]:
    """Keep this session's traffic on this machine and apart from other sessions'."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('ROS_DOMAIN_ID', str(reserve_domain()))
        patch.setenv('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
        rclpy.init()
        yield
        rclpy.try_shutdown()


@pytest.fixture(scope='session')
def town_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town.write_map(tmp_path_factory.mktemp('town') / 'map')


@pytest.fixture(scope='session')
def town_query(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town.write_query(tmp_path_factory.mktemp('query') / 'query.onnx')


@pytest.fixture(scope='module')
def start(
    town_map: Path, town_query: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., NodeProcess]]:
    """Start nodes in this town; those still running at the end must stop with code 0."""
    nodes: list[NodeProcess] = []

    def start_node(name: str, *ros_args: str, **parameters: object) -> NodeProcess:
        given = {
            'map_path': town_map,
            'query_network': town_query,
            'max_rate_hz': 0.0,
            # The second of the default may pass on a loaded machine.
            'max_image_age_s': 20.0,
            'temporal_filter': 'none',
            **parameters,
        }
        flags = [word for key, value in given.items() for word in ('-p', f'{key}:={value}')]
        folder = tmp_path_factory.mktemp(name)
        nodes.append(NodeProcess(folder, *flags, *ros_args, name=name))
        return nodes[-1]

    yield start_node
    codes = {node.name: node.stop() for node in nodes}
    assert set(codes.values()) <= {0}, codes


@pytest.fixture(scope='module')
def peer_of() -> Iterator[Callable[[NodeProcess], Peer]]:
    peers: list[Peer] = []

    def make(node: NodeProcess) -> Peer:
        peers.append(Peer(node.name))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


@pytest.fixture(scope='module')
def own_map(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map that a test may damage."""
    return town.write_map(tmp_path_factory.mktemp('own') / 'map')


@pytest.fixture(scope='module')
def peer(peer_of: Callable[[NodeProcess], Peer], node: NodeProcess) -> Peer:
    """A peer of the module's node."""
    return peer_of(node)


@pytest.fixture(scope='module')
def publisher(peer: Peer) -> Any:
    """Publishes raw images to the module's node."""
    return peer.publisher()
