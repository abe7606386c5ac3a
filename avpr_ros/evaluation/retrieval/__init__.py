# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Evaluation of retrieval on a map or on stored descriptors."""
