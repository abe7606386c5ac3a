# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Options of an ONNX Runtime session on a robot."""

from __future__ import annotations

import onnxruntime

_ERRORS_ONLY = 3


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Return options for one inference at a time, with so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Its threads would wait for the next image at full load, on a core that others need.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    return options
