# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Threads of the libraries of linear algebra, in the node and in the timing of its work."""

from __future__ import annotations

import os


def limit_product_threads() -> None:
    """Let products of matrices use one thread, unless the environment has a number.

    The products of one image are small: one thread does them as fast, and the others of BLAS would
    spin on the cores of the network and the local features. Read when numpy is loaded: to be
    called before.
    """
    for library in ('OMP', 'OPENBLAS'):
        os.environ.setdefault(f'{library}_NUM_THREADS', '1')
