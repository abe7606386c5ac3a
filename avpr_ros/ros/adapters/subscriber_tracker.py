# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Who listens to a pose that is sent once: a consumer that comes up, or comes up anew."""

from __future__ import annotations

from collections.abc import Mapping

#: Nodes of the command line tools, such as ``ros2 topic echo``: they are no consumers.
_TOOLS = '_ros2cli'
#: What the middleware says of an endpoint whose node it does not know, or not yet.
_UNKNOWN = '_NODE_NAME_UNKNOWN_'


class Listeners:
    """Follows the subscriptions of a topic.

    A pose that is sent while nobody listens is lost, and a consumer that was started again has
    forgotten where it is, and may not say so.

    Attributes:
        present: whether a consumer listens.
    """

    def __init__(self) -> None:
        """Start with nobody there."""
        self.present = False
        self._endpoints: set[bytes] = set()
        self._nodes: set[str] = set()

    def look(self, found: Mapping[bytes, str]) -> bool:
        """Take the subscriptions of now; tell whether a consumer has come up anew.

        That is one that listens after nobody did for a while, and a new subscription of a node
        that had one before. The very first is no news, and a further listener, such as a recorder,
        changes nothing.

        Args:
            found: node by the identity of the subscription.
        """
        found = {one: node for one, node in found.items() if _TOOLS not in node}
        new = {node for one, node in found.items() if one not in self._endpoints}
        anew = bool(self._endpoints and new) and (not self.present or bool(new & self._nodes))
        self.present = bool(found)
        self._endpoints.update(found)
        self._nodes.update(node for node in found.values() if _UNKNOWN not in node)
        return anew
