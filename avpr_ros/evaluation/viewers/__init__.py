# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Files of a localisation run for viewers: MCAP for Foxglove, .rrd for Rerun."""
