# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A divided build on two nodes of Ray on this machine, one of which is lost."""

from __future__ import annotations

from collections.abc import Callable
import os
from threading import Event, Thread
from typing import Any

from avpr_ros.api.fleet import Fleet, FleetTools

_OBJECT_STORE_BYTES = 100 * 1024 * 1024


def compute_without_node(fleet: Fleet, address: str, begun: Event) -> tuple[float, int]:
    """Compute all shards with two workers; the node of one or both is lost on the way.

    Args:
        fleet: the build, without shards so far.
        address: of its shards.
        begun: set when the node is to be lost.

    Returns:
        The most memory of a worker that is left, in megabytes, and how many chunks were computed
        again.
    """
    import ray
    from ray.cluster_utils import Cluster

    from avpr_ros.mapping.stages.ray_cluster import START_WAIT, RaySettings
    from avpr_ros.mapping.stages.ray_runner import RayRunner

    os.environ.setdefault(*START_WAIT)
    node: dict[str, Any] = {'object_store_memory': _OBJECT_STORE_BYTES, 'include_dashboard': False}
    cluster = Cluster(initialize_head=True, head_node_args={**node, 'num_cpus': 1})
    second = cluster.add_node(num_cpus=2, object_store_memory=_OBJECT_STORE_BYTES)
    notices: list[str] = []
    Thread(target=_lose, args=(cluster, second, begun), daemon=True).start()
    try:
        settings = RaySettings(address=cluster.address, workers=2)
        with RayRunner(address, FleetTools, settings, notices.append) as runner:
            fleet.compute(runner)
            peak_mb = max(mb for _, mb in runner.processes())
    finally:
        ray.shutdown()
        cluster.shutdown()
    return peak_mb, len(notices)


def after_first_chunk(begun: Event) -> Callable[[str, int, int, int], None]:
    """Return a progress function that sets an event when the first chunk has ended."""

    def progress(stage: str, done: int, total: int, images: int) -> None:
        if stage == 'keyframes' and done:
            begun.set()

    return progress


def _lose(cluster: Any, node: Any, begun: Event) -> None:
    """Kill all processes of a node."""
    begun.wait()
    cluster.remove_node(node, allow_graceful=False)
