# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Topics of the MCAP file: those of the node where it publishes the same."""

from __future__ import annotations

from dataclasses import dataclass

NODE = '/avpr_localizer'
POSE = f'{NODE}/pose'
KEYFRAMES = f'{NODE}/keyframes'
MARKERS = f'{NODE}/markers'
MATCH_IMAGE = f'{NODE}/match_image'
DECISION = f'{NODE}/decision'
TRAJECTORY = f'{NODE}/trajectory'
LANDMARKS = f'{NODE}/landmarks'
TF = '/tf'
LOG = '/rosout'
IMAGE = '/image/compressed'


@dataclass(frozen=True)
class ExportTopic:
    """One topic of the file.

    Attributes:
        name: of the topic.
        schema: name of its schema.
        meaning: one sentence.
    """

    name: str
    schema: str
    meaning: str


TOPICS = (
    ExportTopic(POSE, 'foxglove.PoseInFrame', 'Base in the map, of accepted images.'),
    ExportTopic(TF, 'foxglove.FrameTransforms', 'The same as a transform.'),
    ExportTopic(TRAJECTORY, 'foxglove.PosesInFrame', 'All accepted poses, once, at the start.'),
    ExportTopic(
        MARKERS,
        'foxglove.SceneUpdate',
        'Arrow at the best candidate, line to its keyframe, reason; green if accepted, else red.',
    ),
    ExportTopic(
        DECISION,
        'avpr_ros.Decision',
        'accepted, reason, text, similarity, probability, keyframe_id, latency_ms of each image, '
        'with a JSON schema; what was not recorded is left out.',
    ),
    ExportTopic(LOG, 'foxglove.Log', 'The reason of each image, a warning where rejected.'),
    ExportTopic(KEYFRAMES, 'foxglove.PosesInFrame', 'Keyframes of the map, once; `--map`.'),
    ExportTopic(
        LANDMARKS, 'foxglove.PointCloud', 'Landmarks of the map, once, if it has any; `--map`.'
    ),
    ExportTopic(
        IMAGE,
        'foxglove.CompressedImage',
        'Images as JPEG, at most 640 px; of several cameras `/NAME/image/compressed`; `--images`.',
    ),
    ExportTopic(
        MATCH_IMAGE,
        'foxglove.CompressedImage',
        'Image and keyframe side by side, reason below; `--map` and `--images`.',
    ),
)


def image_topic(camera: str, cameras: int) -> str:
    """Return the topic of a camera's images, in a run of so many cameras."""
    return IMAGE if cameras <= 1 else f'/{camera}{IMAGE}'


def markdown_table() -> str:
    """Return the topics as a Markdown table."""
    rows = [f'| `{one.name}` | `{one.schema}` | {one.meaning} |' for one in TOPICS]
    return '\n'.join(['| topic | schema | content |', '| --- | --- | --- |', *rows])
