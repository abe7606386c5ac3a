# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Geometric verification of a hypothesis: place likelihoods, pose by PnP, tilt."""
