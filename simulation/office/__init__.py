# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A simulated office building with repetitive corridors."""
