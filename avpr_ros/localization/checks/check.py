# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The interface of a check, and the hypothesis that it judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from avpr_ros.localization.pose_hypotheses import PoseHypotheses
from avpr_ros.localization.query import Query
from avpr_ros.localization.result import Reason
from avpr_ros.localization.retrieval import Retrieval
from avpr_ros.localization.verification_result import VerificationResult
from avpr_ros.poses import Pose


@dataclass(frozen=True, eq=False)
class MatchHypothesis:
    """The hypothesis that the best candidate is the place that an image shows.

    Attributes:
        query: the image.
        retrieval: candidates of the map, the best first.
        hypotheses: poses of the base by row of the map.
        verification: result of geometric verification; None where there was none.
    """

    query: Query
    retrieval: Retrieval
    hypotheses: PoseHypotheses
    verification: VerificationResult | None = None

    @property
    def row(self) -> int:
        """The best candidate's row in the map."""
        return int(self.retrieval.rows[0])

    @property
    def map_from_keyframe(self) -> Pose:
        """Pose of the base when the best candidate's keyframe was taken."""
        return self.hypotheses.pose(self.row)

    @property
    def map_from_base(self) -> Pose:
        """Pose of the base under this hypothesis: by PnP where it was estimated."""
        measured = None if self.verification is None else self.verification.estimate
        return self.map_from_keyframe if measured is None else measured.map_from_base

    @property
    def confident_without_history(self) -> bool:
        """Whether the local features of this image suffice without earlier images."""
        return self.verification is not None and self.verification.self_sufficient

    def outdated(self, stamp_ns: int) -> bool:
        """Return whether a match of that stamp is from before a relocation of the robot."""
        relocated_ns = None if self.verification is None else self.verification.relocated_ns
        return relocated_ns is not None and stamp_ns < relocated_ns


class Check(Protocol):
    """One test of the best candidate.

    For each image ``check`` is called first, on all checks or on some, and ``update`` after the
    decision, on all of them.

    Attributes:
        reason: reason of a rejection by this check.
    """

    @property
    def reason(self) -> Reason: ...  # noqa: D102

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """Return the rejection of a hypothesis with its figures; None if it passes.

        Without side effects: a second call returns the same.
        """
        ...

    def update(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """Add an image to the history, with the decision of the whole matcher."""
        ...

    def forget(self) -> None:
        """Clear the history."""
        ...


class StatelessCheck:
    """Base of checks that have no history."""

    def update(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``: there is no history."""

    def forget(self) -> None:
        """See ``Check``: there is no history."""
