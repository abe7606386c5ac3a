# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The synthetic town, its drives, and the run that shows what the package does."""
