# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Recall, precision and recall, cost, and the reports that show them."""
