# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A node of the test's own process whose endpoints are matched at both ends before use.

DDS announces the endpoints of a participant in order, readers and writers each in a queue of
their own. A service client has one of each: once a client that was created last gets an answer,
the other process has matched every publisher and subscription that was created before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
import time
from typing import Any

from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor

#: For whatever a test waits for: a loaded machine is no fault.
DEADLINE_S = 60.0
_REPEAT_S = 1.0
_PARTICIPANT_BYTES = 12


class TopicClient:
    """Publishes, collects and calls; its messages are handled only within :meth:`until`."""

    def __init__(self, name: str) -> None:
        self.node = rclpy.create_node(name)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._clients: dict[str, Any] = {}
        listed = self.node.get_publishers_info_by_topic
        own = self.until(
            lambda: [e for e in listed('/parameter_events') if e.node_name == name],
            f'{name} in its own graph',
        )
        self._participant = _participant(own[0])

    def until(self, done: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
        """Handle messages until ``done`` returns something true, and return that."""
        end_s = time.monotonic() + deadline_s
        while not (value := done()):
            assert time.monotonic() < end_s, f'not within {deadline_s:g} s: {what}'
            self._executor.spin_once(timeout_sec=0.05)
        return value

    def publisher(self, kind: type, topic: str, profile: Any = 10) -> Any:
        """Return a publisher that another process receives from."""
        publisher = self.node.create_publisher(kind, topic, profile)
        what = f'a subscription of {topic}'
        self.until(publisher.get_subscription_count, what)
        endpoints = self.node.get_subscriptions_info_by_topic
        self.wait_for_match(lambda: endpoints(publisher.topic_name), what)
        return publisher

    def collect(self, kind: type, topic: str, profile: Any = 50) -> list[Any]:
        """Return a list that fills with all messages that another process publishes from now."""
        messages: list[Any] = []
        self.subscribe(kind, topic, messages.append, profile)
        return messages

    def subscribe(
        self, kind: type, topic: str, callback: Callable[[Any], object], profile: Any = 50
    ) -> Any:
        """Return a subscription that publishers in other processes send to."""
        subscription = self.node.create_subscription(kind, topic, callback, profile)
        endpoints = self.node.get_publishers_info_by_topic
        self.wait_for_match(lambda: endpoints(subscription.topic_name), f'a publisher of {topic}')
        return subscription

    def call(
        self, kind: type, service: str, request: Any = None, deadline_s: float = DEADLINE_S
    ) -> Any:
        """Call a service and return its response."""
        return self.result(self.start_call(kind, service, request), service, deadline_s)

    def start_call(self, kind: type, service: str, request: Any = None) -> Any:
        """Return the future of a call; the first call of a service waits for a real match."""
        if service not in self._clients:
            client = self.node.create_client(kind, service)
            self.until(client.service_is_ready, f'{service} is there')
            self.wait_for_nodes(lambda: {service.rsplit('/', 1)[0]}, f'the server of {service}')
            self._clients[service] = client
        return self._clients[service].call_async(kind.Request() if request is None else request)

    def result(self, future: Any, what: str, deadline_s: float = DEADLINE_S) -> Any:
        self.until(future.done, f'{what} answers', deadline_s)
        return future.result()

    def wait_for_match(self, endpoints: Callable[[], Iterable[Any]], what: str) -> None:
        """Wait until the processes of the endpoints have matched this node's endpoints."""

        def nodes() -> set[str]:
            others = [e for e in endpoints() if _participant(e) != self._participant]
            return {f'{e.node_namespace.rstrip("/")}/{e.node_name}' for e in others}

        self.wait_for_nodes(nodes, what)

    def wait_for_nodes(self, nodes: Callable[[], set[str]], what: str) -> None:
        """Repeat a request to each of the nodes until all of them have answered one."""
        probes: dict[str, _Probe] = {}

        def all_answered() -> bool:
            # Anew each time: names come late, and a node that was killed is listed for a while.
            names = nodes()
            for name in names - probes.keys():
                if 'UNKNOWN' not in name:
                    probes[name] = _Probe(self.node, name)
            answered = {name for name, probe in probes.items() if probe.answered()}
            return bool(names) and names <= answered

        self.until(all_answered, what)
        for probe in probes.values():
            probe.close()

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()


class _Probe:
    """A client of a service that each node has; what it asks for changes nothing."""

    def __init__(self, node: Any, name: str) -> None:
        self._node = node
        self._client = node.create_client(GetParameters, f'{name}/get_parameters')
        self._futures: list[Any] = []
        self._next_s = 0.0

    def answered(self) -> bool:
        if any(future.done() for future in self._futures):
            return True
        now_s = time.monotonic()
        if self._client.service_is_ready() and now_s >= self._next_s:
            self._futures.append(self._client.call_async(GetParameters.Request()))
            self._next_s = now_s + _REPEAT_S
        return False

    def close(self) -> None:
        self._node.destroy_client(self._client)


def _participant(endpoint: Any) -> tuple[int, ...]:
    """Return the part of an endpoint's id that all endpoints of a process share."""
    return tuple(endpoint.endpoint_gid[:_PARTICIPANT_BYTES])
