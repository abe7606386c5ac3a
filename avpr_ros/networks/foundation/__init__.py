# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Heavy gallery networks whose weights come as published files: backbone and head by name."""
