# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The localizer for hours, under everything at once: does it grow, slow down or stop to answer.

A bag that loops (the time jumps back every 20 s), reloads, parameter changes, a camera that dies,
a second publisher of odometry, and a map that is written over and replaced on disk. ``--hours``
sets for how long; the result is ``benchmarks/results/soak.json`` and ``soak.png``.
"""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import subprocess
import sys
import tempfile
import time
from typing import Any, TypeAlias

import numpy as np

from avpr_ros.storage.files import atomic_file
from benchmarks.long_run.robot import Robot
from benchmarks.long_run.wall import prepare
from benchmarks.results import RESULTS, ROOT, Row, print_table, write_results
from simulation.ros_domain import reserve_domain

#: Figures of one moment, by name.
Sample: TypeAlias = dict[str, Any]

_SAMPLE_S = 5.0
#: Rows of the table.
_PARTS = 10
_START_DEADLINE_S = 120.0
_SETTINGS = (
    'use_sim_time:=true',
    'image_transport:=compressed',
    'max_rate_hz:=0.0',
    'min_travel_m:=0.0',
    'max_image_age_s:=0.0',
    'trigger_timeout_s:=3.0',
)


def main() -> None:
    """Run, print the table, write result file and plot."""
    hours = float(sys.argv[sys.argv.index('--hours') + 1]) if '--hours' in sys.argv else 2.0
    os.environ['ROS_DOMAIN_ID'] = str(reserve_domain())
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    with tempfile.TemporaryDirectory() as place:
        prepare(Path(place))
        samples, rows, note = _soak(Path(place), 3600 * hours)
    print_table(rows, 'soak')
    write_results('soak', rows, quick=False, note=note, options=f'--hours {hours:g}')
    _draw(samples, RESULTS / 'soak.png')


def _soak(folder: Path, seconds: float) -> tuple[list[Sample], list[Row], str]:
    import rclpy

    given = (*_SETTINGS, f'map_path:={folder / "map"}', f'query_network:={folder / "query.onnx"}')
    flags = [word for one in given for word in ('-p', one)]
    command = [sys.executable, '-m', 'avpr_ros.ros.localizer.main', '--ros-args', *flags]
    environment = {**os.environ, 'PYTHONPATH': str(ROOT)}
    rclpy.init()
    with (
        (folder / 'log').open('w', encoding='utf-8') as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        robot = Robot(folder)
        try:
            begin_s = time.monotonic()
            while not robot.counts.matched:
                if time.monotonic() - begin_s > _START_DEADLINE_S or process.poll() is not None:
                    raise SystemExit(f'no image is answered: {(folder / "log").read_text()}')
                robot.drive(1.0)
            samples = _sampled(robot, process, seconds)
            robot.drive(5.0)
        finally:
            process.terminate()
            code = process.wait(30)
            robot.close()
            rclpy.shutdown()
    text = (folder / 'log').read_text(encoding='utf-8')
    note = _note(robot, code, text)
    return samples, _rows(samples), note


def _sampled(robot: Robot, process: subprocess.Popen[bytes], seconds: float) -> list[Sample]:
    start_s, samples = time.monotonic(), list[Sample]()
    while (now_s := time.monotonic() - start_s) < seconds and process.poll() is None:
        robot.drive(_SAMPLE_S)
        if process.poll() is not None:
            break
        latencies_s, robot.counts.latencies_s = robot.counts.latencies_s or [], []
        samples.append(
            {
                'minute': now_s / 60,
                **_use(process.pid),
                'latencies_ms': [1e3 * one for one in latencies_s],
                'images': robot.counts.sent,
                'matched': robot.counts.matched,
            }
        )
    return samples


def _use(pid: int) -> Sample:
    process = Path(f'/proc/{pid}')
    status = dict(
        line.split(':', 1) for line in (process / 'status').read_text().splitlines() if ':' in line
    )
    return {
        'resident_mb': int(status['VmRSS'].split()[0]) / 1e3,
        'private_mb': int(status['RssAnon'].split()[0]) / 1e3,
        'threads': int(status['Threads']),
        'descriptors': len(list((process / 'fd').iterdir())),
    }


def _rows(samples: Sequence[Sample]) -> list[Row]:
    """Return one row for each part of the time: medians of the use, percentiles of the latency."""
    rows: list[Row] = []
    for part in np.array_split(np.arange(len(samples)), min(_PARTS, len(samples))):
        some = [samples[number] for number in part]
        latencies = [ms for one in some for ms in one['latencies_ms']]
        row: dict[str, object] = {'minutes': f'{some[-1]["minute"]:.0f}'}
        for name in ('resident_mb', 'private_mb', 'threads', 'descriptors'):
            row[name] = round(float(np.median([one[name] for one in some])), 1)
        for percent in (50, 95):
            found = np.percentile(latencies, percent) if latencies else float('nan')
            row[f'latency_p{percent}_ms'] = round(float(found), 1)
        row['images'], row['matched'] = some[-1]['images'], some[-1]['matched']
        rows.append(row)
    return rows


def _note(robot: Robot, code: int, log: str) -> str:
    counts = robot.counts
    events = ', '.join(f'{n} {name}' for name, n in sorted((counts.events or {}).items()))
    values = {
        pair.key: pair.value
        for task in ('images', 'inference')
        for pair in getattr(robot.diagnostics.get(task), 'values', [])
    }
    wanted = ('received', 'failures', 'decode_failures')
    kept = {k: v for k, v in values.items() if k in wanted or k.startswith('dropped_')}
    facts = ', '.join(f'{value} {key}' for key, value in sorted(kept.items()))
    return (
        f'{counts.sent} images sent, {counts.matched} matched; the node counts: {facts}. '
        f'{events}; {counts.answered_calls} of {counts.calls} calls answered. Exit code {code}, '
        f'{log.count("Traceback")} tracebacks. Memory, threads and descriptors: medians of the '
        'time since the row before; private_mb: resident memory that is no file.'
    )


def _draw(samples: Sequence[Sample], path: Path) -> None:
    import matplotlib as mpl

    mpl.use('Agg')
    from matplotlib import pyplot as plt

    minutes = [one['minute'] for one in samples]
    panels = (
        ('MB', ('resident_mb', 'private_mb')),
        ('count', ('threads', 'descriptors')),
        ('ms', ('latency',)),
    )
    figure, axes = plt.subplots(3, 1, figsize=(8, 8), sharex=True)
    for panel, (label, names) in zip(axes, panels, strict=True):
        for name in names:
            if name == 'latency':
                values: list[Any] = [np.median(one['latencies_ms'] or [np.nan]) for one in samples]
            else:
                values = [one[name] for one in samples]
            panel.plot(minutes, values, label=name, linewidth=1)
        panel.set_ylabel(label)
        panel.set_ylim(bottom=0)
        panel.legend(fontsize=7)
    axes[-1].set_xlabel('minutes')
    figure.tight_layout()
    with atomic_file(path) as temporary:
        figure.savefig(temporary, dpi=110, format='png')
    plt.close(figure)


if __name__ == '__main__':
    main()
