# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Definitions of message types: those a recording carries, and ROS 2's own for the others."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from rosbags.typesys import Stores, get_types_from_idl, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from avpr_ros.sources.bags.storage.stored_topic import StoredTopic
from avpr_ros.sources.bags.storage.type_extent import check_extent

_SEPARATOR = '=' * 80 + '\n'
#: The parser takes seconds for this; the longest definitions of ROS packages have a third of it.
_MAX_CHARACTERS = 300_000


def typestore_of(topics: Iterable[StoredTopic]) -> Typestore:
    """Return a store that knows the message types of the topics, as far as possible.

    Bags older than ROS 2 Iron carry no definitions in sqlite3, and some tools write them for a
    part of the topics only: Humble's stand in. A definition that cannot be parsed is skipped; its
    messages cannot be deserialised, the others can. So is one whose messages would have fields
    without bytes in the recording, which take time and memory without limit.
    """
    listed = list(topics)
    types: dict[str, Any] = {}
    for topic in listed:
        if topic.definition and topic.msgtype not in types:
            try:
                parsed = _parsed(topic)
                check_extent(topic.msgtype, {**_humble().fielddefs, **parsed})
                types.update(parsed)
            except Exception:  # rosbags' parsers raise many types
                continue
    if any(topic.msgtype not in types for topic in listed):
        types = {**_humble().fielddefs, **types}
    store = get_typestore(Stores.EMPTY)
    # an empty store has time and duration already
    store.register({name: kind for name, kind in types.items() if name not in store.fielddefs})
    return store


def check_digest(store: Typestore, topic: StoredTopic) -> None:
    """Check that the definition of a message type is the one it was recorded with.

    Raises:
        ValueError: its hash is another one.
    """
    if not topic.digest:
        return
    digest = store.hash_rihs01(topic.msgtype)
    if digest != topic.digest:
        raise ValueError(
            f'the definition of {topic.msgtype} has the hash {digest[:20]} instead of '
            f'{topic.digest[:20]}'
        )


def _parsed(topic: StoredTopic) -> dict[str, Any]:
    text = topic.definition
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f'it has {len(text)} characters')
    if topic.definition_format == 'msg':
        return dict(get_types_from_msg(text, topic.msgtype))
    if not text.startswith(f'{_SEPARATOR}IDL: '):
        return dict(get_types_from_idl(text))
    found: dict[str, Any] = {}
    for part in text.split(_SEPARATOR)[1:]:
        found.update(get_types_from_idl(part.partition('\n')[2]))
    return found


@cache
def _humble() -> Typestore:
    return get_typestore(Stores.ROS2_HUMBLE)
