# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Topics of a running adapter, and waiting for what its diagnostics report."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticArray
from module_process import Partner

MODULE = 'avpr_ros.ros.adapters.main'
POSE = 'avpr_localizer/pose'


def wait_for_value(partner: Partner, key: str, value: str) -> None:
    """Wait until the adapter's diagnostics say so."""
    reports = partner.collect(DiagnosticArray, '/diagnostics')
    partner.until(
        lambda: any(
            (pair.key, pair.value) == (key, value)
            for report in reports
            for status in report.status
            for pair in status.values
        ),
        f'{key} is {value}',
    )


def wait_for_count(partner: Partner, what: str, publish: Callable[[], None]) -> None:
    """Publish until the adapter's diagnostics count it: discovery is over at both ends."""
    reports = partner.collect(DiagnosticArray, '/diagnostics')

    def counted() -> bool:
        publish()
        return any(
            pair.key == what and int(pair.value) > 0
            for report in reports
            for status in report.status
            for pair in status.values
        )

    partner.until(counted, f'{what} arrived')
