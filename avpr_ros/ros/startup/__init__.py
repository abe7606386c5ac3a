# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start and end of a node as a process: signals, exit codes, the spinning."""
