# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The demo's commands as a user would type them, in the folder of the demo."""

from __future__ import annotations

from pathlib import Path
import shutil

from avpr_ros.demo.bag_writer import ODOMETRY_TOPIC, TRUTH_TOPIC
from avpr_ros.demo.drives import MAPPING, SECOND
from avpr_ros.errors import ConfigError

MAP, RUN, PAGE = 'my_map', 'run', 'run.html'
_MARK = '.avpr_demo'
#: Keyframes far apart: the corridor looks the same in both drives.
_KEYFRAME_M, _RADIUS_M = '3', '5'

COMMANDS = (
    (
        *('build', MAPPING.name, '--pose-topic', ODOMETRY_TOPIC),
        *('--min-distance-m', _KEYFRAME_M, '--gallery-network', 'embedded-fixed', '--output', MAP),
    ),
    ('localize', SECOND.name, '--map', MAP, '--pose-topic', TRUTH_TOPIC, '--output', RUN),
    ('report', RUN, '--map', MAP, '--output', PAGE),
)
#: What to do next, in the folder of the demo.
NEXT = (
    'ros2 launch avpr_ros demo.launch.py folder:=$PWD',
    f'avpr inspect {MAP}',
    f'avpr evaluate {SECOND.name} --map {MAP} --pose-topic {TRUTH_TOPIC} --radius-m {_RADIUS_M}',
)


def prepare_folder(folder: Path) -> None:
    """Make the folder of a demo, or empty it if it is an earlier demo's.

    Raises:
        ConfigError: it is not empty and not a demo's, or holds other things, too.
    """
    if folder.is_file():
        raise ConfigError(f'{folder} is a file; give an empty folder with --output.')
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise ConfigError(f'{folder} holds other things; give an empty folder with --output.')
        own = {_MARK, MAP, RUN, PAGE, MAPPING.name, SECOND.name}
        if strange := sorted(entry.name for entry in folder.iterdir() if entry.name not in own):
            raise ConfigError(
                f'{folder} holds {strange[0]!r}, which is no part of the demo and would be '
                'deleted with it; move it to another folder first.'
            )
        for entry in folder.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != _MARK:
                entry.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()
