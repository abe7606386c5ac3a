# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A small drawn building, two drives through it, and all steps to a pose."""
