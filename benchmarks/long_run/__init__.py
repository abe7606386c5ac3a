# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""What ``benchmarks.soak`` runs: a world, a robot that disturbs the node, and what is measured."""
