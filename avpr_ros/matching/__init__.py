# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From a query descriptor to a decision: retrieval, guards, pose and covariance. No torch."""
