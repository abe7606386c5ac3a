# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The public Python functions and classes, and what they are made of."""
