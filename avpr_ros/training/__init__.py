# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Places, memory bank, losses and the trainer of query networks. Imports torch."""
