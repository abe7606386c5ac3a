# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From a query to a decision with its reason and pose."""
