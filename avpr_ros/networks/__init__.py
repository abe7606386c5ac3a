# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Backbones, aggregation heads, gallery and query networks, export to ONNX. Imports torch."""
