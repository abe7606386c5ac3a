# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Networks that need no download: their parts, dense features and what is fitted to a map."""
