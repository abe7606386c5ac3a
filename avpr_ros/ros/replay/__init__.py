# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Replays the images of a bag to a running localizer and records its answers."""
