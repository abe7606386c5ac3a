# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the launch files share."""
