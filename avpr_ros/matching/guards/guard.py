# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What may stand between the best candidate and an accepted match."""

from __future__ import annotations

from typing import Protocol

from avpr_ros.matching.result import Reason
from avpr_ros.matching.retrieval import Retrieval


class Guard(Protocol):
    """One test of the best candidate.

    Attributes:
        reason: what a rejection by this guard is called.
    """

    @property
    def reason(self) -> Reason: ...  # noqa: D102

    def objection(self, retrieval: Retrieval) -> str | None:
        """Return why the best candidate is not to be believed, with figures; None to pass it."""
        ...
