# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Files for Foxglove and Rerun, read by the libraries of the viewers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
from pathlib import Path
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from avpr_ros.errors import SourceError
from avpr_ros.evaluation.runs.localization_log import RunImage
from avpr_ros.evaluation.viewers import topics
from avpr_ros.evaluation.viewers.run_frames import RunFrames, jpeg
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.poses import Pose

SECOND_NS = 10**9
DRIVE_FRAMES = 20
Written = dict[str, list[tuple[int, Any]]]


def decision(number: int, accepted: bool, camera: str = 'front') -> RunImage:
    pose = Pose.from_xy_yaw(float(number), 1.0, 0.5)
    at = tuple(pose.translation_m)
    return RunImage(
        number * SECOND_NS,
        'accepted' if accepted else 'ambiguous',
        0.9,
        at,
        at if accepted else None,
        12.5,
        camera=camera,
        keyframe_id=number,
        probability=0.75,
        text=f'decision {number}',
        candidate=pose,
        pose=pose if accepted else None,
    )


@pytest.fixture
def run() -> list[RunImage]:
    """Four decisions: accepted, rejected, without a candidate, accepted."""
    nothing = replace(
        decision(2, False), reason='no_candidate', keyframe_id=None, candidate=None,
        similarity=float('nan'), probability=None, latency_ms=None, candidate_m=None,
    )  # fmt: skip
    return [decision(0, True), decision(1, False), nothing, decision(3, True)]


def read_mcap(path: Path) -> tuple[Written, dict[str, Any]]:
    """Return the decoded messages and the schema by topic."""
    reading = pytest.importorskip('mcap.reader')
    decoding = pytest.importorskip('mcap_protobuf.decoder')
    messages: Written = {}
    schemas: dict[str, Any] = {}
    with path.open('rb') as stream:
        reader = reading.make_reader(stream, decoder_factories=[decoding.DecoderFactory()])
        for schema, channel, message in reader.iter_messages():
            assert schema is not None, f'{channel.topic} has no schema'
            schemas[channel.topic] = schema
            if channel.message_encoding == 'json':
                content: Any = json.loads(message.data)
            else:
                factory = decoding.DecoderFactory()
                content = factory.decoder_for(channel.message_encoding, schema)(message.data)
            messages.setdefault(channel.topic, []).append((message.log_time, content))
    return messages, schemas


@pytest.fixture
def write_mcap() -> Callable[[RunFrames, Path], None]:
    pytest.importorskip('foxglove')
    from avpr_ros.evaluation.viewers.mcap_export import write_mcap

    return write_mcap


def test_mcap_holds_every_topic_with_its_schema(
    write_mcap, run, gallery, straight_drive, tmp_path
) -> None:
    write_mcap(RunFrames(run, gallery, straight_drive), tmp_path / 'run.mcap')
    messages, schemas = read_mcap(tmp_path / 'run.mcap')
    expected = {one.name: one.schema for one in topics.TOPICS if one.name != topics.LANDMARKS}
    assert {topic: schema.name for topic, schema in schemas.items()} == expected
    assert all(schema.data for schema in schemas.values())
    accepted_ns = [0, 3 * SECOND_NS]
    assert [at for at, _ in messages[topics.POSE]] == accepted_ns
    assert len(messages[topics.DECISION]) == len(run)
    assert len(messages[topics.MATCH_IMAGE]) == len(run)


def test_mcap_poses_are_those_of_the_run(write_mcap, run, gallery, tmp_path) -> None:
    write_mcap(RunFrames(run, gallery, None), tmp_path / 'run.mcap')
    messages, _ = read_mcap(tmp_path / 'run.mcap')
    (_, last) = messages[topics.POSE][-1]
    assert last.frame_id == 'map'
    assert (last.pose.position.x, last.pose.position.y) == (3.0, 1.0)
    assert last.pose.orientation.z == pytest.approx(np.sin(0.25))
    assert (last.timestamp.seconds, last.timestamp.nanos) == (3, 0)
    (transform,) = messages[topics.TF][-1][1].transforms
    assert (transform.parent_frame_id, transform.child_frame_id) == ('map', 'base_link')
    assert len(messages[topics.KEYFRAMES][0][1].poses) == len(gallery)
    assert len(messages[topics.TRAJECTORY][0][1].poses) == 2


def test_mcap_scene_links_candidate_and_keyframe(write_mcap, run, gallery, tmp_path) -> None:
    write_mcap(RunFrames(run, gallery, None), tmp_path / 'run.mcap')
    messages, _ = read_mcap(tmp_path / 'run.mcap')
    scenes = [scene for _, scene in messages[topics.MARKERS]]
    (line,) = scenes[1].entities[0].lines
    assert [(point.x, point.y) for point in line.points] == [(1.0, 1.0), (1.0, 0.0)]
    assert line.color.r > line.color.g
    assert scenes[1].entities[0].texts[0].text == 'decision 1'
    assert not scenes[2].entities
    assert len(scenes[2].deletions) == 1


def test_mcap_decision_leaves_out_what_is_unknown(write_mcap, run, tmp_path) -> None:
    write_mcap(RunFrames(run, None, None), tmp_path / 'run.mcap')
    messages, schemas = read_mcap(tmp_path / 'run.mcap')
    decisions = [content for _, content in messages[topics.DECISION]]
    assert decisions[0]['probability'] == 0.75
    assert decisions[0]['latency_ms'] == 12.5
    assert not {'probability', 'similarity', 'latency_ms', 'keyframe_id'} & decisions[2].keys()
    schema = json.loads(schemas[topics.DECISION].data)
    assert set(decisions[0]) == set(schema['properties'])
    assert set(schema['required']) <= set(decisions[2])
    assert topics.KEYFRAMES not in messages
    assert topics.IMAGE not in messages


def test_mcap_images_of_several_cameras_have_topics_of_their_own(
    write_mcap, drive_class, tmp_path
) -> None:
    from avpr_ros.sources.frame import Camera

    cameras = tuple(Camera(name, f'/{name}', None, None) for name in ('left', 'right'))
    drive = drive_class([Pose.identity()] * 4, cameras=cameras)
    run = [decision(n, True, cameras[n % 2].name) for n in range(4)]
    write_mcap(RunFrames(run, None, drive), tmp_path / 'run.mcap')
    messages, _ = read_mcap(tmp_path / 'run.mcap')
    for camera in ('left', 'right'):
        pictures = messages[f'/{camera}/image/compressed']
        assert len(pictures) == 2
        assert {picture.format for _, picture in pictures} == {'jpeg'}
        assert all(picture.data.startswith(b'\xff\xd8') for _, picture in pictures)


def test_undecodable_images_are_left_out(run, gallery, drive_class) -> None:
    drive = drive_class([Pose.identity()] * DRIVE_FRAMES, undecodable=[1])
    frames = RunFrames(run, gallery, drive)
    assert [frame.image is None for frame in frames] == [False, True, False, False]
    assert frames.with_image == 3


def test_pictures_are_scaled_down(run, monkeypatch, straight_drive) -> None:
    monkeypatch.setattr('avpr_ros.evaluation.viewers.run_frames.SIDE_PX', 18)
    (first, *_) = RunFrames(run, None, straight_drive)
    assert first.image is not None
    assert first.image.shape == (12, 18, 3)
    assert jpeg(first.image).startswith(b'\xff\xd8')


def test_another_drive_is_refused_and_nothing_written(
    write_mcap, run, straight_drive, tmp_path
) -> None:
    later = [replace(image, stamp_ns=image.stamp_ns + 100 * SECOND_NS) for image in run]
    with pytest.raises(SourceError, match='None of the 4 images of the run is in drive'):
        write_mcap(RunFrames(later, None, straight_drive), tmp_path / 'run.mcap')
    assert list(tmp_path.glob('*')) == []


@pytest.mark.parametrize('stamp_ns', [-1, 2**32 * SECOND_NS])
def test_stamps_outside_of_the_formats_are_refused(run, stamp_ns) -> None:
    with pytest.raises(SourceError, match='outside of 1970 to 2106'):
        RunFrames([replace(run[0], stamp_ns=stamp_ns)], None, None)


def test_rrd_is_verified_by_rerun(run, gallery: GalleryMap, straight_drive, tmp_path) -> None:
    pytest.importorskip('rerun')
    from avpr_ros.evaluation.viewers.rerun_export import write_rrd

    path = tmp_path / 'run.rrd'
    write_rrd(RunFrames(run, gallery, straight_drive), path)

    def rerun(*words: str) -> str:
        command = [sys.executable, '-m', 'rerun', 'rrd', *words, str(path)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    rerun('verify')
    printed = rerun('print')
    for entity in (
        '/map/keyframes', '/map/trajectory', '/map/match/pose', '/map/match/keyframe',
        '/images/front', '/match', '/decision', '/evidence/probability', '/latency/latency_ms',
    ):  # fmt: skip
        assert entity in printed
    assert [file.name for file in tmp_path.glob('*.rrd')] == ['run.rrd']


@pytest.mark.parametrize(
    ('pictures', 'latency', 'views'),
    [
        (True, True, ['Map', 'Image and keyframe', 'Evidence', 'Latency', 'Decisions']),
        (False, False, ['Map', 'Evidence', 'Decisions']),
    ],
)
def test_layout_has_no_empty_views(
    run, gallery: GalleryMap, straight_drive, pictures: bool, latency: bool, views: list[str]
) -> None:
    pytest.importorskip('rerun')
    from avpr_ros.evaluation.viewers.rerun_export import layout

    some = run if latency else [replace(one, latency_ms=None) for one in run]
    found = layout(RunFrames(some, gallery, straight_drive if pictures else None))

    def names(part: Any) -> list[str]:
        if hasattr(part, 'class_identifier'):
            return [part.name]
        return [name for child in part.contents for name in names(child)]

    assert names(found.root_container) == views
