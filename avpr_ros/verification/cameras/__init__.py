# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Camera models and extrinsics: of a map, and of the drives that are matched with it."""
