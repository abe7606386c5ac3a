# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path
import socket
import subprocess
import sys

from own_domain import DOMAINS, own_domain, ports_are_free


def test_own_domain_of_several_processes_differs() -> None:
    # Each keeps its lock until its standard input ends.
    code = 'from own_domain import own_domain; print(own_domain(), flush=True); input()'
    processes = [
        subprocess.Popen(
            [sys.executable, '-c', code],
            cwd=Path(__file__).parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    domains = [int(process.stdout.readline()) for process in processes if process.stdout]
    for process in processes:
        process.communicate('\n')
    assert len({*domains, own_domain()}) == 5
    assert set(domains) <= set(DOMAINS)


def test_domain_whose_ports_a_node_uses_is_not_free() -> None:
    domain = next(number for number in DOMAINS if ports_are_free(number))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as discovery:
        discovery.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        discovery.bind(('', 7400 + 250 * domain))
        assert not ports_are_free(domain)
