# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Whether the scores of this drive are those of places of the map, or of places outside it."""

from __future__ import annotations

import math

from avpr_ros.gallery.calibration import Calibration, ScoreDiscriminability
from avpr_ros.localization.checks.check import MatchHypothesis, StatelessCheck
from avpr_ros.localization.result import Reason

#: The log odds stay within 1 to 4 and 19 to 1: some images that fail are no reason to reject the
#: next one, and after a long drive elsewhere one that is four times as likely true as not passes.
_MIN_LOG_ODDS, _MAX_LOG_ODDS = -math.log(4.0), math.log(19.0)
#: Images in a row at the lower bound before a warning.
_WARN_AFTER = 30


class UninformativeScoresCheck(StatelessCheck):
    """Rejects every match: by the calibration, scores do not separate places.

    Attributes:
        reason: reason of a rejection.
        power: true and false positive rates of the scores.
    """

    reason = Reason.SCORES_UNINFORMATIVE

    def __init__(self, power: ScoreDiscriminability) -> None:
        self.power = power

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        similarity = float(hypothesis.retrieval.similarities[0])
        return f'similarity {similarity:.3f} is uninformative: {self.power}'


class OutOfMapCheck:
    """Tests whether the last images score as held-out views of the map, or as impostors.

    A sequential probability ratio test (Wald, Ann. Math. Stat. 16(2), 1945) on whether each image
    passes by its score, with both rates from the calibration. On a drive outside the map, or in a
    light or with a camera model that the map does not know, single images pass by chance. The odds
    accumulated over the images before are therefore the prior odds of a match: after many that
    failed, an image needs the larger odds of its own. They are bounded, so that a robot that comes
    back into the map is matched after a few images.

    Attributes:
        reason: reason of a rejection.
    """

    reason = Reason.OUT_OF_MAP

    def __init__(self, calibration: Calibration, power: ScoreDiscriminability) -> None:
        """Set up.

        Args:
            calibration: which scores pass.
            power: share of views of the map, and of places outside, that pass.
        """
        self._calibration = calibration
        # Laplace's rule: as if one view more of each kind had been otherwise.
        count = power.keyframes + 2
        right = power.keyframes * (power.true_positive_rate + power.wrong_place_rate)
        mapped = (right + 1) / count
        foreign = (power.keyframes * power.false_positive_rate + 1) / count
        self._llr_passed = math.log(mapped / foreign)
        self._llr_failed = math.log((1 - mapped) / (1 - foreign))
        self.forget()

    def forget(self) -> None:
        """See ``Check``."""
        self._log_odds: dict[str, float] = {}
        self._low_images: dict[str, int] = {}

    @property
    def runtime_warning(self) -> str | None:
        """Warning while a camera's images go on scoring like impostors; None otherwise."""
        low = [camera for camera, count in self._low_images.items() if count >= _WARN_AFTER]
        if not low:
            return None
        return (
            f"the last {self._low_images[low[0]]} images of camera '{low[0]}' score like places "
            'outside the map: the robot is not in it, or the camera sees it differently than when '
            'it was made (light, season, camera model, extrinsics)'
        )

    def check(self, hypothesis: MatchHypothesis) -> str | None:
        """See ``Check``."""
        prior = self._log_odds.get(hypothesis.query.camera, 0.0)
        odds = prior + self._llr(hypothesis)
        if (score := self._calibration.score) is not None:
            # The image's own odds are finer than whether it passes.
            retrieval = hypothesis.retrieval
            own = score.probability(float(retrieval.similarities[0]), retrieval.margin)
            odds = prior + math.log(max(own, 1e-9)) - math.log(max(1 - own, 1e-9))
        if odds >= 0:
            return None
        return (
            f'the images before this one score like places outside the map, '
            f'{math.exp(-prior):.1f} to 1; with them the odds of a match are '
            f'{math.exp(odds):.2f}, at least 1 is needed; keep driving'
        )

    def update(self, hypothesis: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``; whether the match was accepted is of no account."""
        camera = hypothesis.query.camera
        odds = self._log_odds.get(camera, 0.0) + self._llr(hypothesis)
        self._log_odds[camera] = min(max(odds, _MIN_LOG_ODDS), _MAX_LOG_ODDS)
        low = odds <= _MIN_LOG_ODDS
        self._low_images[camera] = self._low_images.get(camera, 0) + 1 if low else 0

    def _llr(self, hypothesis: MatchHypothesis) -> float:
        retrieval = hypothesis.retrieval
        passed = self._calibration.passes(float(retrieval.similarities[0]), retrieval.margin)
        return self._llr_passed if passed else self._llr_failed
