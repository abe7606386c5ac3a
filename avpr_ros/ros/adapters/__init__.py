# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Convert accepted matches to the messages of each consumer; one file per consumer."""
