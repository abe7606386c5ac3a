# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime sessions on a robot: of one file alone, each inference with a time limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import threading
from typing import Any

import onnxruntime

#: After this an inference is cut off; a usual one takes some tens of milliseconds.
MAX_INFERENCE_S = 15.0
_ERRORS_ONLY, _FATAL_ONLY = 3, 4
#: A folder that cannot exist: data outside the file, which no hash covers, is never read.
_NO_FOLDER = '/dev/null/no-external-data'
_DATA_FOLDER = 'session.model_external_initializers_file_folder_path'


def session_options(threads: int) -> onnxruntime.SessionOptions:
    """Return options for one inference at a time, with so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Its threads would wait for the next image at full load, on a core that others need.
    options.add_session_config_entry('session.intra_op.allow_spinning', '0')
    options.add_session_config_entry(_DATA_FOLDER, _NO_FOLDER)
    return options


def open_session(
    model: bytes, threads: int, providers: Sequence[str] = ('CPUExecutionProvider',)
) -> onnxruntime.InferenceSession:
    """Open a network from the bytes of its file; raises what ONNX Runtime raises."""
    options = session_options(threads)
    return onnxruntime.InferenceSession(model, sess_options=options, providers=list(providers))


def run_session(
    session: onnxruntime.InferenceSession, outputs: Sequence[str], inputs: Mapping[str, Any]
) -> list[Any]:
    """Run a network, at most ``MAX_INFERENCE_S``.

    Raises:
        TimeoutError: it took longer, as an endless loop does.
    """
    options = onnxruntime.RunOptions()
    options.log_severity_level = _FATAL_ONLY
    timer = threading.Timer(MAX_INFERENCE_S, setattr, (options, 'terminate', True))
    timer.daemon = True
    timer.start()
    try:
        return list(session.run(list(outputs), dict(inputs), options))
    except Exception as error:
        if options.terminate:
            raise TimeoutError(f'an inference took more than {MAX_INFERENCE_S:g} s') from error
        raise
    finally:
        timer.cancel()
