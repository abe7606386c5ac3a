# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""From an image message to what is published: gates, context, recognizer, statistics."""
