# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Reads the log of a localisation run: the decision on every image.

A run is the folder that ``avpr localize`` writes, the JSON lines of ``avpr_replay``, or a bag with
the node's ``~/matches`` and ``~/pose``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import csv
from dataclasses import dataclass
import json
import math
from pathlib import Path
from typing import Any

from avpr_ros.errors import SourceError
from avpr_ros.evaluation.runs.match_files import MATCHES, TRAJECTORY
from avpr_ros.sources.bags.reader import load_message, open_bag, read_messages, topic_types
from avpr_ros.sources.poses.tum import read_tum
from avpr_ros.stamps import stamp_ns
from avpr_ros.storage.reading import reading

Point = tuple[float, float, float]
_DIAGNOSTICS = 'diagnostic_msgs/msg/DiagnosticArray'
#: Reason of an image without an answer.
UNANSWERED = 'unanswered'


@dataclass(frozen=True)
class RunImage:
    """Decision on one image.

    Attributes:
        stamp_ns: the image's stamp.
        reason: the decision: ``accepted``, or why not.
        similarity: of the best candidate; NaN without one.
        candidate_m: x, y, z of the base in the map according to the best candidate.
        pose_m: x, y, z of the accepted pose; None without one.
        latency_ms: from image to answer; None if it was not recorded.
    """

    stamp_ns: int
    reason: str
    similarity: float
    candidate_m: Point | None
    pose_m: Point | None
    latency_ms: float | None

    @property
    def accepted(self) -> bool:
        """Whether a pose was published."""
        return self.pose_m is not None


def read_run(path: Path) -> list[RunImage]:
    """Read a run, in the order of stamps; bags have no latencies.

    Raises:
        SourceError: it does not exist or is none of the three kinds, damaged, or holds no image.
    """
    if not path.exists():
        raise SourceError(
            f'{path} does not exist: give a bag, a folder of avpr localize, or a .jsonl file.'
        )
    with reading(path, SourceError, 'record the run again'):
        if path.suffix == '.jsonl':
            images = list(_from_replay(path))
        elif (path / MATCHES).is_file():
            images = list(_from_files(path))
        else:
            images = list(_from_bag(path))
    if not images:
        raise SourceError(f'{path} holds no answered image; record the run again.')
    return sorted(images, key=lambda image: image.stamp_ns)


def _from_files(folder: Path) -> Iterator[RunImage]:
    track = folder / TRAJECTORY
    poses: dict[int, Point] = {}
    if track.is_file() and track.stat().st_size:
        found = read_tum(track)
        poses = dict(zip(found.stamps_ns.tolist(), map(_point, found.translations_m), strict=True))
    with (folder / MATCHES).open(encoding='utf-8', newline='') as stream:
        for row in csv.DictReader(stream):
            if row.get('rank') in ('0', ''):
                yield _image(int(row['stamp_ns']), row, poses.get(int(row['stamp_ns'])), None)


def _from_replay(path: Path) -> Iterator[RunImage]:
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), start=1):
        try:
            row = json.loads(line)
            best = row['candidates'][0] if row['candidates'] else {}
            reason = {'reason': row['reason'] or UNANSWERED}
            pose = None if row['pose'] is None else _place(row['pose'])
            yield _image(int(row['stamp_ns']), {**best, **reason}, pose, row['latency_ms'])
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f'{path}, line {number} is no answer of a replay ({error!r}): play the bag again.'
            ) from error


def _from_bag(path: Path) -> Iterator[RunImage]:
    poses: dict[int, Point] = {}
    answers: list[tuple[int, dict[str, Any]]] = []
    with open_bag(path) as reader:
        topics = topic_types(reader)
        found = [
            t for t, kind in topics.items() if kind == _DIAGNOSTICS and t.endswith('/matches')
        ]
        if len(found) != 1:
            raise SourceError(
                f'{path} has {len(found)} topics /.../matches of {_DIAGNOSTICS} instead of one: '
                'record /avpr_localizer/matches and /avpr_localizer/pose of one node.'
            )
        (matches,) = found
        pose_topic = f'{matches.removesuffix("matches")}pose'
        for message in read_messages(reader, (matches, pose_topic)):
            loaded = load_message(message, path)
            image_ns = stamp_ns(loaded.header.stamp)
            if message.topic == pose_topic:
                at = loaded.pose.pose.position
                poses[image_ns] = (at.x, at.y, at.z)
            elif loaded.status:
                values = {pair.key: pair.value for pair in loaded.status[0].values}
                answers.append((image_ns, values))
    for image_ns, values in answers:
        yield _image(image_ns, values, poses.get(image_ns), None)


def _image(
    stamp_ns: int, best: Mapping[str, Any], pose_m: Point | None, latency_ms: float | None
) -> RunImage:
    """Return an image by its best candidate, whose numbers may be text, or missing."""
    similarity = float(best.get('similarity') or math.nan)
    place = _place(best) if best.get('x_m') not in (None, '') else None
    return RunImage(stamp_ns, str(best['reason']), similarity, place, pose_m, latency_ms)


def _place(values: Mapping[str, Any]) -> Point:
    return float(values['x_m']), float(values['y_m']), float(values['z_m'])


def _point(row: Any) -> Point:
    x, y, z = (float(value) for value in row)
    return x, y, z
