# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Calibration of the scores of a network on held-out views."""
