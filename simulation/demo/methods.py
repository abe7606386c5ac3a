# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Methods of the demo, and a user's commands for each of them.

By scores alone, to compare networks: the gallery network on both sides, the light network on both
sides, and the light query network against the heavy gallery. Then the last of these as it comes,
with landmarks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simulation.demo.steps import Steps
from simulation.drives.bag_writer import IMAGE_TOPIC, ODOMETRY_TOPIC


@dataclass(frozen=True)
class Method:
    """A choice of query and gallery networks for the two drives.

    Attributes:
        name: of the row.
        gallery: folder of the map.
        query: ONNX file of the query network.
        landmarks: whether corners decide, too, as they do unless switched off.
    """

    name: str
    gallery: str
    query: str
    landmarks: bool = False

    @property
    def answers(self) -> str:
        """The file that its answers go to."""
        return f'answers-{self.name}.jsonl'


METHODS = (
    Method('gallery', 'map', 'query-gallery.onnx'),
    Method('light', 'map-light', 'query-light.onnx'),
    Method('asymmetric', 'map', 'query.onnx'),
    Method('landmarks', 'map', 'query.onnx', landmarks=True),
)


def build_and_train(steps: Steps, folder: Path, bag: str, min_distance_m: float) -> None:
    """Build and train: first as a user would, then the two symmetric pairs to compare with.

    An existing map or query network is reused.

    Args:
        steps: runs the commands.
        folder: that ``steps`` runs them in.
        bag: the mapping drive, in that folder.
        min_distance_m: between keyframes.
    """
    build = ['avpr', 'build', bag, '--pose-topic', ODOMETRY_TOPIC]
    build += ['--min-distance-m', str(min_distance_m)]
    train = ['avpr', 'train', '--map']
    gallery, light, asymmetric, _ = METHODS
    for command, output in (
        (build, asymmetric.gallery),
        ([*train, asymmetric.gallery], asymmetric.query),
        ([*train, gallery.gallery, '--symmetric'], gallery.query),
        ([*build, '--gallery-network', 'embedded-light'], light.gallery),
        ([*train, light.gallery, '--symmetric'], light.query),
    ):
        if not (folder / output).exists():
            steps.run([*command, '--output', output])


def play(
    steps: Steps,
    folder: Path,
    bag: str,
    method: Method,
    also: Sequence[str] = (),
    listeners: Sequence[str] = (),
) -> None:
    """Start the node, replay a drive over topics, and record its answers.

    Args:
        steps: runs the commands.
        folder: of ``steps``, for the node's log.
        bag: the drive, in that folder.
        method: whose map and query network the node takes.
        also: further topics of the bag to play, for those who listen beside the node.
        listeners: nodes that must be connected to all of it before the first image.
    """
    node = ['avpr_localizer', '--ros-args', '-p', f'map_path:={method.gallery}']
    node += ['-p', f'query_network:={method.query}', '-p', 'image_transport:=compressed']
    # Every image is wanted: the replay waits for an answer to each.
    node += ['-p', 'max_rate_hz:=0.0', '-p', 'min_travel_m:=0.0']
    node += ['-p', f'use_landmarks:={str(method.landmarks).lower()}']
    node += ['-r', f'image:={IMAGE_TOPIC.removesuffix("/compressed")}']
    replay = ['avpr_replay', bag, '--image-topic', IMAGE_TOPIC, '--out', method.answers]
    for topic in also:
        replay += ['--also', topic]
    for name in listeners:
        replay += ['--listener', name]
    with steps.background(node, folder / f'localizer-{method.name}.log'):
        steps.run(replay)
