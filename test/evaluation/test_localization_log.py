# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from avpr_ros.errors import SourceError
from avpr_ros.evaluation.reports.run_plots import _distance_axis, jumps
from avpr_ros.evaluation.reports.run_report import longest_gaps, run_facts, write_run_report
from avpr_ros.evaluation.runs.localization_log import RunImage, read_run

STORE = get_typestore(Stores.ROS2_JAZZY)
SECOND_NS = 10**9


def image(second: int, x_m: float | None, reason: str = 'accepted') -> RunImage:
    """An image that was accepted at x, or whose candidate there was not."""
    place = None if x_m is None else (x_m, 0.0, 0.0)
    pose = place if reason == 'accepted' else None
    return RunImage(second * SECOND_NS, reason, 0.9, place, pose, 12.0)


RUN = [
    image(0, 0.0),
    image(1, 80.0, 'sequence'),
    image(2, 2.0),
    image(3, 2.5, 'ambiguous'),
    image(4, 3.0, 'ambiguous'),
    image(5, None, 'no_candidate'),
]


def message(kind: str, **fields: Any) -> Any:
    return STORE.types[kind](**fields)


def header(second: int, frame: str = 'map') -> Any:
    stamp = message('builtin_interfaces/msg/Time', sec=second, nanosec=0)
    return message('std_msgs/msg/Header', stamp=stamp, frame_id=frame)


def matches(second: int, values: dict[str, str]) -> Any:
    pairs = [message('diagnostic_msgs/msg/KeyValue', key=k, value=v) for k, v in values.items()]
    status = message(
        'diagnostic_msgs/msg/DiagnosticStatus',
        level=0,
        name='a',
        message='b',
        hardware_id='',
        values=pairs,
    )
    return message('diagnostic_msgs/msg/DiagnosticArray', header=header(second), status=[status])


def pose(second: int, x_m: float) -> Any:
    place = message(
        'geometry_msgs/msg/Pose',
        position=message('geometry_msgs/msg/Point', x=x_m, y=0.0, z=0.0),
        orientation=message('geometry_msgs/msg/Quaternion', x=0.0, y=0.0, z=0.0, w=1.0),
    )
    inner = message('geometry_msgs/msg/PoseWithCovariance', pose=place, covariance=np.zeros(36))
    return message(
        'geometry_msgs/msg/PoseWithCovarianceStamped', header=header(second), pose=inner
    )


def write_bag(path: Path, sent: list[tuple[str, Any]]) -> Path:
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        connections = {}
        for at_ns, (topic, one) in enumerate(sent):
            if topic not in connections:
                kind = one.__msgtype__
                connections[topic] = writer.add_connection(topic, kind, typestore=STORE)
            data = STORE.serialize_cdr(one, one.__msgtype__)
            writer.write(connections[topic], at_ns, data)
    return path


def candidate(reason: str, x_m: float) -> dict[str, str]:
    return {'reason': reason, 'similarity': '0.75', 'x_m': str(x_m), 'y_m': '0', 'z_m': '0'}


def test_a_bag_of_the_nodes_topics_is_read(tmp_path: Path) -> None:
    sent = [
        ('/robot1/avpr_localizer/pose', pose(6, 1.5)),
        ('/robot1/avpr_localizer/matches', matches(6, candidate('accepted', 1.0))),
        ('/robot1/avpr_localizer/matches', matches(7, candidate('ambiguous', 9.0))),
        ('/robot1/avpr_localizer/matches', matches(8, {'reason': 'no_candidate'})),
    ]
    first, second, third = read_run(write_bag(tmp_path / 'run', sent))
    assert (first.stamp_ns, first.reason) == (6 * SECOND_NS, 'accepted')
    assert (first.candidate_m, first.pose_m) == ((1.0, 0.0, 0.0), (1.5, 0.0, 0.0))
    assert (second.reason, second.similarity, second.pose_m) == ('ambiguous', 0.75, None)
    assert third.candidate_m is None
    assert math.isnan(third.similarity)


def test_a_bag_of_two_nodes_or_of_none_is_refused(tmp_path: Path) -> None:
    sent = [(f'/{name}/matches', matches(1, candidate('accepted', 1.0))) for name in 'ab']
    with pytest.raises(SourceError, match='has 2 topics'):
        read_run(write_bag(tmp_path / 'two', sent))
    with pytest.raises(SourceError, match='has 0 topics'):
        read_run(write_bag(tmp_path / 'none', [('/pose', pose(1, 0.0))]))


def test_a_replay_is_read_and_a_damaged_line_named(tmp_path: Path) -> None:
    best = {'similarity': 0.5, 'x_m': 1.0, 'y_m': 2.0, 'z_m': 3.0, 'reason': 'sequence'}
    rows: list[dict[str, Any]] = [
        {'stamp_ns': 2, 'latency_ms': 7.5, 'reason': 'sequence', 'candidates': [best]},
        {'stamp_ns': 1, 'latency_ms': None, 'reason': None, 'candidates': []},
    ]
    path = tmp_path / 'answers.jsonl'
    path.write_text(''.join(json.dumps({**row, 'pose': None}) + '\n' for row in rows))
    first, second = read_run(path)
    assert (first.reason, first.latency_ms) == ('unanswered', None)
    assert (second.candidate_m, second.latency_ms) == ((1.0, 2.0, 3.0), 7.5)
    path.write_text('{}\n')
    with pytest.raises(SourceError, match='line 1 is no answer'):
        read_run(path)


def test_jumps_are_from_the_accepted_pose_before() -> None:
    np.testing.assert_allclose(jumps(RUN), [np.nan, 80.0, 2.0, 0.5, 1.0, np.nan])


def test_the_longest_gap_comes_first_with_its_usual_reason() -> None:
    assert longest_gaps(RUN) == [(2.0, 5.0, 3, 'ambiguous'), (0.0, 2.0, 1, 'sequence')]
    assert longest_gaps(RUN[:1]) == []


def test_run_facts_count_accepted_images() -> None:
    facts = dict(run_facts(RUN))
    assert facts['accepted'] == '2 of 6 images (33.3%)'
    assert facts['length of the accepted path'] == '2.0 m'
    assert facts['latency'].startswith('p50 12.0 ms')


@pytest.mark.parametrize('run', [RUN, RUN[:1], RUN[-1:]], ids=['usual', 'one', 'nothing'])
def test_the_page_names_every_reason_and_loads_nothing(
    run: list[RunImage], tmp_path: Path
) -> None:
    write_run_report(run, None, tmp_path / 'run.html')
    page = (tmp_path / 'run.html').read_text()
    assert all(f'<td>{one.reason}</td>' in page for one in run)
    assert 'http' not in page


def picture(second: int) -> Any:
    return message(
        'sensor_msgs/msg/CompressedImage',
        header=header(second, 'camera'),
        format='jpeg',
        data=np.zeros(4, np.uint8),
    )


def test_images_of_a_bag_that_the_node_dropped_are_unanswered(tmp_path: Path) -> None:
    sent = [('/camera/image/compressed', picture(second)) for second in range(5, 10)]
    sent += [('/rear/image/compressed', picture(second)) for second in (20, 21)]
    sent += [
        ('/avpr_localizer/pose', pose(6, 1.5)),
        ('/avpr_localizer/matches', matches(6, candidate('accepted', 1.0))),
        ('/avpr_localizer/matches', matches(8, candidate('ambiguous', 9.0))),
    ]
    run = read_run(write_bag(tmp_path / 'run', sent))
    assert [one.reason for one in run] == ['accepted', 'unanswered', 'ambiguous']
    facts = dict(run_facts(run))
    assert facts['accepted'] == '1 of 3 images (33.3%)'
    assert facts['of those answered'] == '1 of 2 (50.0%)'
    write_run_report(run, None, tmp_path / 'run.html')
    page = (tmp_path / 'run.html').read_text()
    assert '1 of 3 images were not answered (grey)' in page


@pytest.mark.parametrize('most_m', [0.4, 30.0, 700.0])
def test_the_axis_of_distances_has_ticks_in_metres(most_m: float) -> None:
    axes = Figure().subplots()
    _distance_axis(axes, np.array([np.nan, 0.0, most_m]))
    low, high = axes.get_ylim()
    labels = zip(axes.get_yticks(), axes.get_yticklabels(), strict=True)
    inside = [label.get_text() for tick, label in labels if low <= tick <= high]
    assert low == 0
    assert high > most_m
    assert len(inside) >= 4
    assert all(inside)
