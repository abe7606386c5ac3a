# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The node's services: trigger, set_enabled, reload_map, save_map."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import threading
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.node import Node
from std_srvs.srv import SetBool, Trigger

from avpr_ros.errors import AvprError, ConfigError
from avpr_ros.gallery.online_gallery import OnlineGallery
from avpr_ros.mapping.session_export import save_session
from avpr_ros.ros.common.thread_safe_future import ThreadSafeFuture
from avpr_ros.ros.localizer.pipeline import Outcome, Processor
from avpr_ros.ros.localizer.recognizer_factory import NodeRecognizer

#: Longest time reading or writing a map may take.
FILES_TIMEOUT_S = 300.0


class Services:
    """Answers requests; those that take time are awaited and block nothing else.

    Each has its own callback group: a coroutine holds its group while it waits.
    """

    def __init__(self, node: Node, processor: Processor) -> None:
        """Offer the services on a node."""
        self._node = node
        self._processor = processor
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
        self._processor.enable(request.data)
        response.success = True
        response.message = 'Enabled.' if request.data else 'Disabled.'
        return response

    async def _trigger(self, _request: Any, response: Any) -> Any:
        answer: ThreadSafeFuture[Outcome] = ThreadSafeFuture(self._node)
        self._processor.request(answer)
        timeout_s = self._processor.settings.trigger_timeout_s
        outcome = await answer.wait(
            timeout_s, Outcome(False, f'No image came within {timeout_s:g} s.')
        )
        self._processor.withdraw(answer)
        response.success, response.message = outcome.success, outcome.text
        return response

    async def _reload_map(self, _request: Any, response: Any) -> Any:
        outcome = await self._apart(self._reload)
        response.success, response.message = outcome.success, outcome.text
        return response

    async def _save_map(self, _request: Any, response: Any) -> Any:
        outcome = await self._apart(self._save)
        response.success, response.message = outcome.success, outcome.text
        return response

    async def _apart(self, work: Callable[[ThreadSafeFuture[Outcome]], None]) -> Outcome:
        """Do what takes time in a thread of its own."""
        answer: ThreadSafeFuture[Outcome] = ThreadSafeFuture(self._node)
        threading.Thread(target=work, args=(answer,), daemon=True).start()
        return await answer.wait(
            FILES_TIMEOUT_S, Outcome(False, f'It took over {FILES_TIMEOUT_S:g} s.')
        )

    def _save(self, answer: ThreadSafeFuture[Outcome]) -> None:
        gallery, output = self._processor.recognizer.gallery, self._processor.settings.save_path
        outcome = Outcome(False, 'The session could not be written.')
        try:
            if not isinstance(gallery, OnlineGallery):
                outcome = Outcome(False, 'Only mode loop_closing has a session to be saved.')
            elif not output:
                outcome = Outcome(False, "Parameter 'save_path' is empty; start with a folder.")
            else:
                count = save_session(gallery, Path(output).expanduser())
                outcome = Outcome(True, f'{count} keyframes are in {output}.')
        except AvprError as error:
            outcome = Outcome(False, f'Nothing is saved: {error}')
            self._node.get_logger().error(outcome.text)
        finally:
            answer.resolve(outcome)

    def _reload(self, answer: ThreadSafeFuture[Outcome]) -> None:
        outcome = Outcome(False, 'The map could not be read.')
        try:
            if isinstance(self._processor.recognizer.gallery, OnlineGallery):
                raise ConfigError('mode loop_closing reads no map')
            settings = self._processor.settings
            recognizer = NodeRecognizer.open(settings)
            self._processor.exchange(recognizer, settings)
            outcome = Outcome(True, f'{len(recognizer.gallery.keyframes)} keyframes loaded.')
        except AvprError as error:
            outcome = Outcome(False, f'The old map stays in use: {error}')
            self._node.get_logger().error(outcome.text)
        finally:
            answer.resolve(outcome)
