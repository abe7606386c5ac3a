# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Simulated town and office, drives through them, and the demo."""
