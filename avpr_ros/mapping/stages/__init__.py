# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The stages of a build: index, keyframes of a chunk, descriptor space, landmarks, map."""
