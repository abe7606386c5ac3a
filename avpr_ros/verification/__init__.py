# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Geometric verification: local features, camera models, epipolar geometry, PnP, likelihoods."""
