# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Published weight files: read safely, renamed, checked strictly, kept in the model folder."""
