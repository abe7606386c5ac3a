# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Coverage, self-similarity and expected weaknesses of a map."""
