# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Commands for many drives and many maps."""
