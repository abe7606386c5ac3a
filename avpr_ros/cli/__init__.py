# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""`avpr` and its sub-commands, each a thin file."""
