# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""An office of look-alike floors: the hardest place to tell where one is."""
