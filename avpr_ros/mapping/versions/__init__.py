# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Versions of maps in a folder or behind a URI, for a fleet of robots."""
