# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Loop closures for RTAB-Map."""
