# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What is published in the ROS graph instead of a topic on which nothing comes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
import os
from typing import Any

from rclpy.node import Node

#: Most topics that a sentence names.
_NAMED = 3


@dataclass(frozen=True)
class PublishedTopic:
    """A topic with publishers in other nodes.

    Attributes:
        name: fully qualified.
        type: interface type, such as ``sensor_msgs/msg/Image``.
    """

    name: str
    type: str

    def __str__(self) -> str:
        """Return name and type."""
        return f'{self.name} ({self.type})'


def interface_type(message_type: Any) -> str:
    """Return the name of a message class as the ROS graph has it."""
    package = message_type.__module__.partition('.')[0]
    return f'{package}/msg/{message_type.__name__}'


def published_topics(node: Node, types: Iterable[str]) -> list[PublishedTopic]:
    """Return the topics of some types that other nodes publish, in the order of their names."""
    wanted = set(types)
    listed = [
        PublishedTopic(name, kind)
        for name, kinds in node.get_topic_names_and_types()
        for kind in kinds
        if kind in wanted
    ]
    return [one for one in listed if one.type in types_on(node, one.name)]


def types_on(node: Node, topic: str) -> list[str]:
    """Return the types that other nodes publish on a topic, each once."""
    own = (node.get_name(), node.get_namespace())
    return sorted(
        {
            info.topic_type
            for info in node.get_publishers_info_by_topic(topic)
            if (info.node_name, info.node_namespace) != own
        }
    )


def nearest(topic: str, topics: Sequence[PublishedTopic]) -> list[PublishedTopic]:
    """Return the topics with the most similar names, the most similar first."""

    def similarity(other: PublishedTopic) -> float:
        same_end = topic.rpartition('/')[2] == other.name.rpartition('/')[2]
        return SequenceMatcher(None, topic, other.name).ratio() + 0.5 * same_end

    return sorted(topics, key=similarity, reverse=True)[:_NAMED]


def listed(topics: Sequence[PublishedTopic]) -> str:
    """Return names and types of topics for a sentence."""
    return ', '.join(str(one) for one in topics)


def missing_topic_hint(node: Node, topic: str, wanted: str, argument: str) -> str | None:
    """Return what is published instead of a topic without messages, and what to set.

    Args:
        node: whose graph is read.
        topic: resolved name of the topic.
        wanted: its interface type.
        argument: name of the topic before remapping, which is the launch argument.

    Returns:
        A clause without a full stop; None where the topic is published with its type.
    """
    types = types_on(node, topic)
    if wanted in types:
        return None
    others = nearest(topic, published_topics(node, [wanted]))
    there = f'{topic} is published as {", ".join(types)}, not as {wanted}; ' if types else ''
    if not others:
        return f'{there}no topic of type {wanted} is published{domain_text()}'
    verb = 'remap' if '/' in argument else 'set'
    return f'{there}published: {listed(others)}; {verb} {argument}:={others[0].name}'


def localizer_hint(node: Node, topic: str, wanted: str) -> str | None:
    """Return why nothing comes on a topic of the localizer; None where it is published.

    Args:
        node: whose graph is read.
        topic: resolved name, that ends with the localizer's name and the topic's.
        wanted: its interface type.
    """
    if wanted in types_on(node, topic):
        return None
    end = '/'.join(['', *topic.split('/')[-2:]])
    others = [one for one in published_topics(node, [wanted]) if one.name.endswith(end)]
    if not others:
        return f'no localizer publishes {topic}{domain_text()}; start avpr_localizer'
    namespace = others[0].name.removesuffix(end) or "''"
    return f'{topic} is not published, {listed(others)} is; set namespace:={namespace}'


def domain_text() -> str:
    """Return where was looked: a wrong domain is the usual cause of an empty graph."""
    return f' in ROS_DOMAIN_ID {os.environ.get("ROS_DOMAIN_ID", "0")}'
