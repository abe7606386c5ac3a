# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Reads the log of a localisation run: the decision on every image.

A run is the folder that ``avpr localize`` writes, the JSON lines of ``avpr_replay``, or a bag with
the node's ``~/matches`` and ``~/pose``. A replay, and a bag that holds the images too, also have
the images that the node dropped before it matched them: they are ``unanswered``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
import csv
from dataclasses import dataclass, field
import json
import math
from pathlib import Path
from typing import Any

from scipy.spatial.transform import Rotation

from avpr_ros.errors import SourceError
from avpr_ros.evaluation.runs.match_files import MATCHES, TRAJECTORY
from avpr_ros.poses import Pose
from avpr_ros.sources.bags.reader import load_message, open_bag, read_messages, topic_types
from avpr_ros.sources.bags.topics import IMAGE_TYPES
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
        camera: name of the camera; empty if it was not recorded.
        keyframe_id: keyframe of the best candidate; None without one.
        probability: of the best candidate; None without one.
        text: the decision in words; empty if it was not recorded.
        candidate: ``map_from_base`` according to the best candidate; None without one.
        pose: the accepted ``map_from_base``; None without one.
    """

    stamp_ns: int
    reason: str
    similarity: float
    candidate_m: Point | None
    pose_m: Point | None
    latency_ms: float | None
    camera: str = field(default='', compare=False)
    keyframe_id: int | None = field(default=None, compare=False)
    probability: float | None = field(default=None, compare=False)
    text: str = field(default='', compare=False)
    candidate: Pose | None = field(default=None, compare=False)
    pose: Pose | None = field(default=None, compare=False)

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
    poses: dict[int, Pose] = {}
    if track.is_file() and track.stat().st_size:
        found = read_tum(track)
        turns = Rotation.from_quat(found.quaternions)
        rows = map(Pose, found.translations_m, turns)
        poses = dict(zip(found.stamps_ns.tolist(), rows, strict=True))
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
            pose = None if row['pose'] is None else _pose(row['pose'])
            yield _image(int(row['stamp_ns']), {**best, **reason}, pose, row['latency_ms'])
        except (KeyError, TypeError, ValueError) as error:
            raise SourceError(
                f'{path}, line {number} is no answer of a replay ({error!r}): play the bag again.'
            ) from error


def _from_bag(path: Path) -> Iterator[RunImage]:
    poses: dict[int, Pose] = {}
    answers: list[tuple[int, dict[str, Any]]] = []
    sent: dict[str, set[int]] = {}
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
        images = [topic for topic, kind in topics.items() if kind in IMAGE_TYPES]
        for message in read_messages(reader, (matches, pose_topic, *images)):
            if message.topic in images:
                with suppress(SourceError):  # a damaged image was no image for the node either
                    header = load_message(message, path).header
                    sent.setdefault(message.topic, set()).add(stamp_ns(header.stamp))
                continue
            loaded = load_message(message, path)
            image_ns = stamp_ns(loaded.header.stamp)
            if message.topic == pose_topic:
                at, turn = loaded.pose.pose.position, loaded.pose.pose.orientation
                numbers = (at.x, at.y, at.z, turn.x, turn.y, turn.z, turn.w)
                poses[image_ns] = Pose.from_xyz_quaternion(numbers)
            elif loaded.status:
                best = loaded.status[0]
                values = {pair.key: pair.value for pair in best.values}
                values |= {'camera': best.hardware_id, 'text': best.message}
                answers.append((image_ns, values))
    for image_ns, values in answers:
        yield _image(image_ns, values, poses.get(image_ns), None)
    for image_ns in _unanswered(sent, {image_ns for image_ns, _ in answers}):
        yield _image(image_ns, {'reason': UNANSWERED}, None, None)


def _unanswered(sent: Mapping[str, set[int]], answered: set[int]) -> set[int]:
    """Return the stamps of images without an answer, from the first answered to the last.

    Topics none of whose images was answered belong to other cameras.
    """
    stamps = {ns for of_topic in sent.values() if of_topic & answered for ns in of_topic}
    return {ns for ns in stamps - answered if min(answered) < ns < max(answered)}


def _image(
    stamp_ns: int, best: Mapping[str, Any], pose: Pose | None, latency_ms: float | None
) -> RunImage:
    """Return an image by its best candidate, whose numbers may be text, or missing."""
    candidate = _pose(best) if best.get('x_m') not in (None, '') else None
    keyframe, probability = best.get('keyframe_id'), best.get('probability')
    return RunImage(
        stamp_ns,
        str(best['reason']),
        float(best.get('similarity') or math.nan),
        _point(candidate),
        _point(pose),
        latency_ms,
        camera=str(best.get('camera') or ''),
        keyframe_id=None if keyframe in (None, '') else int(keyframe),
        probability=None if probability in (None, '') else float(probability),
        text=str(best.get('text') or ''),
        candidate=candidate,
        pose=pose,
    )


def _pose(values: Mapping[str, Any]) -> Pose:
    """Return a pose by its flat numbers; without a rotation, that of the map's axes."""
    turn = [float(values.get(name) or 0.0) for name in ('qx', 'qy', 'qz')]
    place = [float(values[name]) for name in ('x_m', 'y_m', 'z_m')]
    w = values.get('qw')
    return Pose.from_xyz_quaternion([*place, *turn, 1.0 if w in (None, '') else float(w)])


def _point(pose: Pose | None) -> Point | None:
    if pose is None:
        return None
    x, y, z = (float(value) for value in pose.translation_m)
    return x, y, z
