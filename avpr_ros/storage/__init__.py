# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Outputs that are written whole or not at all, and files that are checked when read."""
