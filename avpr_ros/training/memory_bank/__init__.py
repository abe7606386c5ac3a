# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Centroid and variance of the descriptors of each place."""
