# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import socket
import subprocess
import sys

from simulation.ros_domain import DOMAINS, ports_are_free, reserve_domain


def test_reserved_domains_of_several_processes_differ() -> None:
    # Each keeps its lock until its standard input ends.
    code = (
        'from simulation.ros_domain import reserve_domain as reserve; '
        'print(reserve(), flush=True); input()'
    )
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', code],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    domains = [int(process.stdout.readline()) for process in processes if process.stdout]
    own = reserve_domain()  # while the others hold theirs: a domain that was given back is free
    for process in processes:
        process.communicate('\n')
    assert len({*domains, own}) == 5
    assert set(domains) <= set(DOMAINS)


def test_domain_with_ports_in_use_is_not_free() -> None:
    domain = next(number for number in DOMAINS if ports_are_free(number))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as discovery:
        discovery.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        discovery.bind(('', 7400 + 250 * domain))
        assert not ports_are_free(domain)
