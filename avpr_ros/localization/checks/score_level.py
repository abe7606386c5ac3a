# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Do the images of this drive score like places of the map at all, or like anywhere else?"""

from __future__ import annotations

from collections.abc import Iterable
import math

from avpr_ros.gallery.calibration import Calibration, ScoreDiscriminability
from avpr_ros.localization.checks.check import Check, MatchHypothesis, StatelessCheck
from avpr_ros.localization.result import Reason

#: The odds stay within 1 to 4 and 19 to 1: some images that fail are no reason to doubt the next
#: one, and after a long drive elsewhere one that is four times as likely true as not is believed.
_LEAST, _MOST = -math.log(4.0), math.log(19.0)
#: Images in a row at the lower end before somebody is told.
_TELL_AFTER = 30


class UninformativeScoresCheck(StatelessCheck):
    """Stands in where the calibration shows that scores do not tell places apart: nothing passes.

    Attributes:
        reason: what a rejection is called.
        power: what the calibration shows.
    """

    reason = Reason.SCORES_UNINFORMATIVE

    def __init__(self, power: ScoreDiscriminability) -> None:
        self.power = power

    def objection(self, case: MatchHypothesis) -> str | None:
        """See ``Check``."""
        similarity = float(case.retrieval.similarities[0])
        return f'similarity {similarity:.3f} says nothing here: {self.power}'


class OutOfMapCheck:
    """Weighs whether the last images score as held-out views of the map did, or as outsiders.

    A sequential probability ratio test (Wald, Ann. Math. Stat. 16(2), 1945) on whether each image
    passes by its score, with both shares from the calibration. A drive outside the map, or in a
    light or through a lens that the map does not know, passes now and then by chance. So what the
    images before say takes the place of the even odds from which the probability of a match
    starts: with many failures before it, an image must be the surer. The sum is bounded: a robot
    that comes back into the map is believed after a few images, or one without doubt.

    Attributes:
        reason: what a rejection is called.
    """

    reason = Reason.OUT_OF_MAP

    def __init__(self, calibration: Calibration, power: ScoreDiscriminability) -> None:
        """Set up.

        Args:
            calibration: says which scores pass.
            power: which share of views of the map, and of places outside, pass.
        """
        self._calibration = calibration
        # Never sure: as if one view more of each kind had been otherwise.
        count = power.asked + 2
        mapped = (power.asked * (power.right + power.wrong) + 1) / count
        foreign = (power.asked * power.foreign + 1) / count
        self._passed = math.log(mapped / foreign)
        self._failed = math.log((1 - mapped) / (1 - foreign))
        self._log_odds: dict[str, float] = {}
        self._low: dict[str, int] = {}

    def forget(self) -> None:
        """See ``Check``."""
        self._log_odds, self._low = {}, {}

    @property
    def concern(self) -> str | None:
        """What to tell the user while a camera's images go on scoring like outsiders."""
        low = [camera for camera, count in self._low.items() if count >= _TELL_AFTER]
        if not low:
            return None
        return (
            f"the last {self._low[low[0]]} images of camera '{low[0]}' score like places outside "
            'the map: the robot is not in it, or the camera sees it differently than when it was '
            'made (light, season, lens, mounting)'
        )

    def objection(self, case: MatchHypothesis) -> str | None:
        """See ``Check``."""
        similarity, margin = float(case.retrieval.similarities[0]), case.retrieval.margin
        passed, camera = self._calibration.passes(similarity, margin), case.query.camera
        before = self._log_odds.get(camera, 0.0)
        odds = before + (self._passed if passed else self._failed)
        self._log_odds[camera] = min(max(odds, _LEAST), _MOST)
        self._low[camera] = self._low.get(camera, 0) + 1 if odds <= _LEAST else 0
        score = self._calibration.score
        if score is not None:
            # The image itself stands for more than 'passes': its own odds, under the new prior.
            own = score.probability(similarity, margin)
            odds = before + math.log(max(own, 1e-9)) - math.log(max(1 - own, 1e-9))
        if odds >= 0:
            return None
        return (
            f'the images before this one score like places outside the map, '
            f'{math.exp(-before):.1f} to 1; with them the odds of a match are '
            f'{math.exp(odds):.2f}, at least 1 is needed; keep driving'
        )

    def told(self, case: MatchHypothesis, accepted: bool) -> None:
        """See ``Check``: what became of a match does not matter here."""


def calibration_warning(guards: Iterable[Check], landmarks: bool) -> str | None:
    """Return why scores alone accept nothing, in one sentence; None where they may.

    Args:
        guards: those of the scores.
        landmarks: whether the map has landmarks that are asked.
    """
    weak = next((one for one in guards if isinstance(one, UninformativeScoresCheck)), None)
    if weak is None:
        return None
    if landmarks:
        return f'only landmarks accept a match in this map, as {weak.power}'
    return (
        f'no match is accepted in this map, as {weak.power}; build it with landmarks, set '
        "temporal_filter to 'bayes', or add drives and train again"
    )


def runtime_warning(guards: Iterable[Check]) -> str | None:
    """Return what the scores of the last images give cause to tell; None: nothing."""
    level = next((one for one in guards if isinstance(one, OutOfMapCheck)), None)
    return None if level is None else level.concern
