# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Threads of the libraries of linear algebra, in the node, in builds and in timings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os


def limit_product_threads() -> None:
    """Let products of matrices use one thread, unless the environment has a number.

    The products of one image are small: one thread does them as fast, and the others of BLAS would
    spin on the cores of the network and the local features. Read when numpy is loaded: to be
    called before.
    """
    for library in ('OMP', 'OPENBLAS'):
        os.environ.setdefault(f'{library}_NUM_THREADS', '1')


@contextmanager
def one_product_thread() -> Iterator[None]:
    """Let products of matrices use one thread: their last bits depend on the number.

    Where threadpoolctl is not installed, the number is that of the environment.
    """
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        yield
        return
    with threadpool_limits(1, 'blas'):
        yield


def cores() -> int:
    """Return how many cores this process may use, those of a container's limit included."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    return max(1, usable or 1)
