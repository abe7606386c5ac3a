# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node's services: trigger, set_enabled, reload_map, save_map."""

from __future__ import annotations

from collections.abc import Callable
import threading
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from avpr_ros.errors import AvprError
from avpr_ros.ros.common.thread_safe_future import ThreadSafeFuture
from avpr_ros.ros.localizer.pipeline.recognizer_holder import RecognizerHolder
from avpr_ros.ros.localizer.pipeline.trigger_queue import Outcome, TriggerQueue
from avpr_ros.ros.localizer.publishers import Outputs

#: Longest time reading or writing a map may take.
FILES_TIMEOUT_S = 300.0


class Services:
    """Answers requests; those that take time are awaited and block nothing else.

    Each has its own callback group: a coroutine holds its group while it waits.
    """

    def __init__(
        self,
        node: Node,
        recognizers: RecognizerHolder,
        triggers: TriggerQueue,
        outputs: Outputs,
        enable: Callable[[bool], None],
    ) -> None:
        """Offer the services on a node.

        Args:
            node: the node.
            recognizers: its map is read again, its session saved.
            triggers: takes the requests of ``~/trigger``.
            outputs: publishes the keyframes of a map that was read again.
            enable: starts or stops the matching of images without a request.
        """
        self._node = node
        self._recognizers = recognizers
        self._triggers = triggers
        self._outputs = outputs
        self._enable = enable
        for name, kind, callback in (
            ('~/trigger', Trigger, self._trigger),
            ('~/set_enabled', SetBool, self._set_enabled),
            ('~/reload_map', Trigger, self._reload_map),
            ('~/save_map', Trigger, self._save_map),
        ):
            node.create_service(
                kind, name, callback, callback_group=MutuallyExclusiveCallbackGroup()
            )

    def _set_enabled(self, request: Any, response: Any) -> Any:
        self._enable(request.data)
        self._node.get_logger().info(
            f'Matching is {"enabled" if request.data else "disabled"} by ~/set_enabled.'
        )
        response.success = True
        response.message = 'Enabled.' if request.data else 'Disabled.'
        return response

    async def _trigger(self, _request: Any, response: Any) -> Any:
        answer: ThreadSafeFuture[Outcome] = ThreadSafeFuture(self._node)
        self._triggers.add(answer)
        timeout_s = self._recognizers.settings.trigger_timeout_s
        outcome = await answer.wait(
            timeout_s, Outcome(False, f'No image came within {timeout_s:g} s.')
        )
        self._triggers.withdraw(answer)
        response.success, response.message = outcome.success, outcome.text
        return response

    async def _reload_map(self, _request: Any, response: Any) -> Any:
        outcome = await self._in_thread(self._reload, 'The old map stays in use')
        response.success, response.message = outcome.success, outcome.text
        return response

    async def _save_map(self, _request: Any, response: Any) -> Any:
        outcome = await self._in_thread(self._save, 'Nothing is saved')
        response.success, response.message = outcome.success, outcome.text
        return response

    async def _in_thread(self, work: Callable[[], str], on_error: str) -> Outcome:
        """Run work that takes time in a thread of its own and return its outcome.

        Args:
            work: returns a sentence on what was done.
            on_error: what holds where it raises an ``AvprError``; begins the answer.
        """
        answer: ThreadSafeFuture[Outcome] = ThreadSafeFuture(self._node)

        def answer_with_work() -> None:
            outcome = Outcome(False, f'{on_error}: the log says why.')
            try:
                outcome = Outcome(True, work())
                self._node.get_logger().info(outcome.text)
            except AvprError as error:
                outcome = Outcome(False, f'{on_error}: {error}')
                self._node.get_logger().error(outcome.text)
            finally:
                answer.resolve(outcome)

        threading.Thread(target=answer_with_work, daemon=True).start()
        return await answer.wait(
            FILES_TIMEOUT_S, Outcome(False, f'It took over {FILES_TIMEOUT_S:g} s.')
        )

    def _save(self) -> str:
        return self._recognizers.save_session()

    def _reload(self) -> str:
        recognizer = self._recognizers.reload(self._outputs.publish_keyframes)
        revision = recognizer.gallery.manifest.revision
        return f'{len(recognizer.gallery.keyframes)} keyframes loaded, revision {revision}.'
