# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The command line's folder of grey images and networks of one number, for the Python API."""

from __future__ import annotations

from cli.conftest import AngleDescriber, angle_network, avpr, figures, walk

__all__ = ['AngleDescriber', 'angle_network', 'avpr', 'figures', 'walk']
