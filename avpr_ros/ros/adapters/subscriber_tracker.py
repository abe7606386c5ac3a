# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Who listens to a pose that is sent once: a consumer that comes up, or comes up anew."""

from __future__ import annotations

from collections.abc import Mapping

#: Part of the names of command line tools, such as ``ros2 topic echo``: they are no consumers.
_TOOLS = '_ros2cli'
#: Name that the middleware reports for an endpoint whose node is not known, or not yet.
_UNKNOWN = '_NODE_NAME_UNKNOWN_'


class SubscriberTracker:
    """Tracks the subscriptions of a topic and detects restarts of the subscriber.

    A pose sent without a subscriber is lost, and a restarted consumer has lost its estimate
    without reporting it.

    Attributes:
        present: whether a consumer subscribes.
    """

    def __init__(self) -> None:
        """Start without subscriptions."""
        self.present = False
        self._endpoints: set[bytes] = set()
        self._nodes: set[str] = set()

    def update(self, found: Mapping[bytes, str]) -> bool:
        """Store the current subscriptions; return whether a consumer was restarted.

        A restart is a new subscription after a time without any, or of a node that had one
        before. The first subscription is no restart, nor is one of a further node such as a
        recorder.

        Args:
            found: full node name by the endpoint's GID.
        """
        found = {gid: node for gid, node in found.items() if _TOOLS not in node}
        new = {node for gid, node in found.items() if gid not in self._endpoints}
        restarted = bool(self._endpoints and new) and (not self.present or bool(new & self._nodes))
        self.present = bool(found)
        self._endpoints.update(found)
        self._nodes.update(node for node in found.values() if _UNKNOWN not in node)
        return restarted
