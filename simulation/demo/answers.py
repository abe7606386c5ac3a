# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the node answered to each image of a drive, as ``avpr_replay`` wrote it down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

import numpy as np

from avpr_ros.arrays import FloatArray
from avpr_ros.errors import SourceError
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from simulation.drives.bag_writer import TRUTH_TOPIC

#: Reason of an image that no message came back for.
UNANSWERED = 'unanswered'


@dataclass(frozen=True)
class Match:
    """One candidate of ``~/matches``.

    Attributes:
        keyframe_id: the keyframe's id in the map.
        similarity: of query and keyframe descriptors.
        reason: ``accepted``, or why not.
        text: the reason in words.
        position_m: x, y, z of the base if this candidate were right, in the map.
    """

    keyframe_id: int
    similarity: float
    reason: str
    text: str
    position_m: tuple[float, float, float]


@dataclass(frozen=True)
class Answer:
    """The node's answer to one image.

    Attributes:
        stamp_ns: the image's stamp.
        latency_ms: from publishing the image to receiving ``~/matches``; None: never came.
        reason: the decision.
        matches: best first.
        pose_m: x, y, z of ``~/pose``; None where none was published.
    """

    stamp_ns: int
    latency_ms: float | None
    reason: str
    matches: tuple[Match, ...]
    pose_m: tuple[float, float, float] | None

    @property
    def score(self) -> float:
        """Similarity of the best candidate; -inf where there is none."""
        return self.matches[0].similarity if self.matches else float('-inf')


def read_answers(path: Path) -> list[Answer]:
    """Read the JSON-lines file of a replay.

    Raises:
        SourceError: a line is not what ``avpr_replay`` writes.
    """
    answers = []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), start=1):
        try:
            answers.append(_answer(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f'{path}, line {number} is no answer of a replay ({error!r}): play the bag again.'
            ) from error
    return answers


def _answer(row: dict[str, Any]) -> Answer:
    matches = tuple(
        Match(
            int(candidate['keyframe_id']),
            float(candidate['similarity']),
            str(candidate['reason']),
            str(candidate.get('text', '')),
            _position(candidate),
        )
        for candidate in row['candidates']
    )
    pose = row['pose']
    return Answer(
        int(row['stamp_ns']),
        None if row['latency_ms'] is None else float(row['latency_ms']),
        str(row.get('reason') or UNANSWERED),
        matches,
        None if pose is None else _position(pose),
    )


def _position(values: dict[str, Any]) -> tuple[float, float, float]:
    return (float(values['x_m']), float(values['y_m']), float(values['z_m']))


def true_positions(bag: Path, stamps_ns: Sequence[int]) -> FloatArray:
    """Return (N, 3) the true positions of the base at the stamps of a drive's images, metres.

    Raises:
        SourceError: the bag holds no image of one of the stamps.
    """
    options = SourceOptions(pose_topic=TRUTH_TOPIC)
    truth = {f.stamp_ns: f.map_from_base.translation_m for f in open_source(bag, options).frames()}
    missing = [stamp for stamp in stamps_ns if stamp not in truth]
    if missing:
        raise SourceError(f'{bag} has no image with stamp {missing[0]}; play that bag, no other.')
    return np.array([truth[stamp] for stamp in stamps_ns]).reshape(-1, 3)
