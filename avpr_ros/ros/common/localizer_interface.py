# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What other nodes need to know of ``avpr_localizer``."""

from __future__ import annotations

from rclpy.qos import QoSReliabilityPolicy

NODE_NAME = 'avpr_localizer'
#: Value in its diagnostics: how many subscriptions receive its loop closures.
LOOP_CLOSURE_LISTENERS = 'loop_closure_listeners'
#: Reliabilities of its image subscriptions, by the name that the parameter has.
RELIABILITIES = {
    'reliable': QoSReliabilityPolicy.RELIABLE,
    'best_effort': QoSReliabilityPolicy.BEST_EFFORT,
}
