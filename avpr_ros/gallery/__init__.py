# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The gallery map: its format, builder, index and integrity. No torch."""
