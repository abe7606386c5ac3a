# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""MCAP files of other writers: incomplete indexes, channels of other encodings."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_bags import Sent, drive, found, picture, raw_image, write_bag
from small_mcap import write_mcap

from avpr_ros.errors import SourceError
from avpr_ros.sources.open import SourceOptions, open_source

JSON = ('/chatter', 'json', b'{"type": "object"}')
PROTOBUF = ('/radar', 'protobuf', b'\x0a\xff\xfe\x80\x81')


def frames(path: Path) -> int:
    return len(list(open_source(path, SourceOptions()).frames()))


@pytest.mark.parametrize('chunked', [True, False])
@pytest.mark.parametrize('summary', [True, False])
def test_file_without_message_index_is_read(tmp_path: Path, chunked: bool, summary: bool) -> None:
    file = write_mcap(tmp_path / 'a.mcap', drive(4), chunked=chunked, summary=summary)

    assert frames(file) == 4


def test_other_encodings_are_left_out_and_listed(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'a.mcap', drive(4), alien=[JSON, PROTOBUF])

    source = open_source(file, SourceOptions())

    assert len(list(source.frames())) == 4
    text = found(source.preflight(), 'storage').text
    assert '/chatter (json), /radar (protobuf)' in text


def test_definitions_of_some_topics_are_enough(tmp_path: Path) -> None:
    assert frames(write_mcap(tmp_path / 'a.mcap', drive(4), defined=['/odom'])) == 4


def test_fewer_messages_than_the_statistics_count_is_a_warning(tmp_path: Path) -> None:
    file = write_mcap(tmp_path / 'a.mcap', drive(4), claimed=111)

    check = found(open_source(file, SourceOptions()).preflight(), 'storage')

    assert check.level == 'warning'
    assert '/odom (40 of 111)' in check.text


def test_topic_of_two_types_is_refused(tmp_path: Path) -> None:
    file = tmp_path / 'two.mcap'
    renamed = drive(4, images=('/cam_compressed', '/com_compressed'))
    renamed = [
        Sent(s.topic, raw_image(s.stamp_ns, picture(1)), s.stamp_ns)
        if s.topic == '/cam_compressed'
        else s
        for s in renamed
    ]
    data = (write_bag(tmp_path / 'c', renamed) / 'c.mcap').read_bytes()
    file.write_bytes(data.replace(b'/com_compressed', b'/cam_compressed'))
    with pytest.raises(SourceError, match='messages of 2 types'):
        open_source(file, SourceOptions())
