# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Reserves a ROS domain that no other run and no other node of this machine uses."""

from __future__ import annotations

from contextlib import ExitStack
import fcntl
from functools import cache
import os
from pathlib import Path
import random
import socket
import tempfile

#: Above 101 the ports of a domain reach into those that Linux gives out at random.
DOMAINS = range(1, 102)
_FIRST_PORT, _PORTS_PER_DOMAIN = 7400, 250
#: Multicast of discovery and of user data, then two ports for each of the first participants.
_PROBED_PORTS = (0, 1, *range(10, 30))
_locks = ExitStack()


@cache
def reserve_domain() -> int:
    """Return this process's domain, locked until the process ends.

    Raises:
        RuntimeError: all domains are in use.
    """
    for domain in random.SystemRandom().sample(DOMAINS, len(DOMAINS)):
        if _lock(domain) and ports_are_free(domain):
            return domain
    raise RuntimeError(
        f'all ROS domains from {DOMAINS[0]} to {DOMAINS[-1]} are in use; end other ROS nodes'
    )


def ports_are_free(domain: int) -> bool:
    """Bind the UDP ports that DDS would use, each for a moment."""
    first = _FIRST_PORT + _PORTS_PER_DOMAIN * domain
    try:
        with ExitStack() as stack:
            for port in _PROBED_PORTS:
                probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                stack.enter_context(probe).bind(('', first + port))
    except OSError:
        return False
    return True


def _lock(domain: int) -> bool:
    """Lock the domain's file, against runs that start at the same moment."""
    file = Path(tempfile.gettempdir()) / f'avpr_ros_domain_{domain}.lock'
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except OSError:  # of another user
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return False
    _locks.callback(os.close, descriptor)
    return True
