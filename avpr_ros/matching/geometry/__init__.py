# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What the local features of an image say: which place it is, and the exact pose."""
