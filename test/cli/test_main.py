# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import errno
import re
import subprocess
import sys

from avpr_ros import __version__
from avpr_ros.cli.main import COMMANDS
from avpr_ros.gallery.gallery_map import GalleryMap

WITHOUT_TORCH = """
import sys
from avpr_ros.cli.main import main
sys.argv = ['avpr', 'inspect', sys.argv[1]]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
heavy = {'torch', 'rclpy', 'matplotlib', 'rosbags'} & set(sys.modules)
assert not heavy, heavy
"""


def test_version(avpr):
    assert avpr('--version') == (0, f'avpr_ros {__version__}\n', '')


def test_help_lists_the_commands_in_the_order_of_the_work(avpr):
    code, out, _ = avpr('--help')
    assert code == 0
    listed = out.split('Commands')[1]
    places = [listed.index(f'│ {name} ') for name in ('build', 'train', 'inspect', 'localize')]
    assert places == sorted(places)


def test_help_names_every_command(avpr):
    _, out, _ = avpr('--help')
    listed = re.findall(r'^│ ([a-z]+) ', out.split('Commands')[1], re.MULTILINE)
    assert listed == list(COMMANDS)


def test_an_unknown_command_is_refused(avpr):
    code, _, err = avpr('bulid')
    assert code == 2
    assert 'No such command' in err


def test_an_error_is_one_line_and_code_2(avpr, tmp_path):
    code, out, err = avpr('inspect', tmp_path)
    assert code == 2
    assert out == ''
    assert err.startswith('error: ')
    assert err.count('\n') == 1
    assert 'is not a gallery map' in err


def test_a_full_disk_and_a_full_memory_are_one_line_and_code_2(avpr, monkeypatch, tmp_path):
    causes = (
        (OSError(errno.ENOSPC, 'No space left on device'), 'No space left on device'),
        (PermissionError(errno.EACCES, 'Permission denied', 'there'), 'there cannot be written'),
        (MemoryError(), 'memory of this computer is not enough'),
    )
    for cause, text in causes:

        def fail(*_: object, cause: BaseException = cause, **__: object) -> None:
            raise cause

        monkeypatch.setattr(GalleryMap, 'open', fail)
        code, out, err = avpr('inspect', tmp_path)
        assert (code, out, err.count('\n')) == (2, '', 1)
        assert err.startswith('error: ')
        assert text in err


def test_looking_at_a_map_loads_nothing_heavy(gallery):
    subprocess.run([sys.executable, '-c', WITHOUT_TORCH, gallery.path], check=True, timeout=60)


def test_the_module_runs_as_the_command_does():
    command = [sys.executable, '-m', 'avpr_ros.cli.main', '--version']
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == f'avpr_ros {__version__}\n'
