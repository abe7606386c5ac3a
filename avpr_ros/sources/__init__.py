# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames with time, camera and pose, from bags and image folders; the one image decoder."""
