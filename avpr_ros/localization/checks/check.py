# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What may stand between the best candidate and an accepted match."""

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
    """What a guard looks at.

    Attributes:
        query: the image.
        retrieval: what the map has that looks like it, the best first.
        hypotheses: where the base would be, by row of the map.
        verification: what the local features say; None where the image was not looked at.
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
        """Where the base was when the best candidate's keyframe was taken."""
        return self.hypotheses.pose(self.row)

    @property
    def map_from_base(self) -> Pose:
        """Where the base is if the best candidate is right: by its landmarks, if they say it."""
        measured = None if self.verification is None else self.verification.estimate
        return self.map_from_keyframe if measured is None else measured.map_from_base

    @property
    def confident_without_history(self) -> bool:
        """Whether the landmarks in this image leave no doubt, whatever earlier images say."""
        return self.verification is not None and self.verification.self_sufficient

    def outdated(self, stamp_ns: int) -> bool:
        """Tell whether a match of that stamp is from before the robot was moved."""
        relocated_ns = None if self.verification is None else self.verification.relocated_ns
        return relocated_ns is not None and stamp_ns < relocated_ns


class Check(Protocol):
    """One test of the best candidate.

    Attributes:
        reason: what a rejection by this guard is called.
    """

    @property
    def reason(self) -> Reason: ...  # noqa: D102

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """Return why the best candidate is not to be believed, with figures; None to pass it.

        Every guard of a matcher is asked for every image, whatever the others say: those that
        look at the images before must not miss one.
        """
        ...

    def on_result(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """Learn what became of the match after all layers."""
        ...

    def forget(self) -> None:
        """Forget the images so far."""
        ...


class StatelessCheck:
    """A guard that looks at one image alone."""

    def on_result(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``: there is nothing to remember."""

    def forget(self) -> None:
        """See ``Check``: there is nothing to forget."""
