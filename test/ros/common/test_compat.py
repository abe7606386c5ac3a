# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import importlib
import sys
from types import ModuleType

import pytest

from avpr_ros.ros.common import compat as events


def test_humble_keeps_them_in_another_module(monkeypatch: pytest.MonkeyPatch) -> None:
    humble = ModuleType('rclpy.qos_event')
    humble.SubscriptionEventCallbacks = object  # type: ignore[attr-defined]
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, 'rclpy.event_handler', None)
        patch.setitem(sys.modules, 'rclpy.qos_event', humble)
        assert importlib.reload(events).SubscriptionEventCallbacks is object
    assert importlib.reload(events).SubscriptionEventCallbacks is not object
