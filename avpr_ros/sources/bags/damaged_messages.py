# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Messages whose bytes do not fit their type: a few are left out and counted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.reader import Message
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.storage.reading import reason

#: A larger share of a topic's messages means another type, not damage.
_LARGEST_SHARE = 0.1


class DamagedMessages:
    """Counts the damaged messages of each topic, with the first reason."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._reasons: dict[str, str] = {}

    def loaded(self, message: Message) -> Any:
        """Return a deserialised message; None where its bytes do not fit its type."""
        try:
            return message.deserialize()
        except Exception as error:  # rosbags raises many types of exceptions on damaged bytes
            self._numbers[message.topic] = self._numbers.get(message.topic, 0) + 1
            self._reasons.setdefault(message.topic, reason(error))
            return None

    def checks(self, read: Mapping[str, int], path: Path) -> tuple[PreflightCheck, ...]:
        """Return a warning for each topic with damaged messages.

        Args:
            read: number of messages read, by topic.
            path: the bag.

        Raises:
            SourceError: more than a tenth of a topic's messages are damaged.
        """
        found = []
        for topic, number in self._numbers.items():
            if number > max(1, _LARGEST_SHARE * read[topic]) or number == read[topic]:
                raise SourceError(
                    f'{number} of {read[topic]} messages on {topic} of {path} do not fit their '
                    f'type ({self._reasons[topic]}): the bag is damaged, restore it from its '
                    'original.'
                )
            text = (
                f'{number} of {read[topic]} messages on {topic} do not fit their type '
                f'({self._reasons[topic]}) and are left out: the bag is damaged there.'
            )
            found.append(PreflightCheck('storage', 'warning', text))
        return tuple(found)
