# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Place matches in the form that each consumer wants; one small file per consumer."""
