# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""One script for every figure; run as ``python -m benchmarks.NAME`` from the repository's root."""
