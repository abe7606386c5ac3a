# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What a query network is trained to minimise: AsymVPR and its rivals, one file each."""
