# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo: map, training, live node and report."""
