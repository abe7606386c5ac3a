# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Checks of sources: what they hold, and what is wrong with it."""
