# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr`` on a machine that lacks parts of the offline side."""

from __future__ import annotations

import importlib.metadata
from importlib.metadata import PackageNotFoundError
import subprocess
import sys
from types import ModuleType

import pytest

from avpr_ros import __version__
from avpr_ros.cli import entry_point


def installed(monkeypatch: pytest.MonkeyPatch, **versions: str) -> None:
    def version(name: str) -> str:
        if name not in versions:
            raise PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, 'version', version)


@pytest.mark.parametrize(
    ('versions', 'words'),
    [
        ({}, 'typer>=0.12, rich>=13, and here typer is not installed and rich is not installed'),
        ({'typer': '0.9.0', 'rich': '13.7.1'}, 'avpr needs typer>=0.12, and here typer is 0.9.0'),
        ({'typer': '0.4.0', 'rich': '11.2.0'}, 'typer is 0.4.0 and rich is 11.2.0'),
    ],
)
def test_missing_or_old_packages_are_one_sentence(monkeypatch, capsys, versions, words) -> None:
    installed(monkeypatch, **versions)
    with pytest.raises(SystemExit) as stop:
        entry_point.main()
    out, err = capsys.readouterr()
    assert (stop.value.code, out, err.count('\n')) == (2, '', 1)
    assert words in err
    assert "pip install 'typer>=0.12'" in err


@pytest.mark.parametrize('typer', ['0.12.0', '0.29.2', '1.0'])
def test_new_enough_packages_are_taken(monkeypatch, typer) -> None:
    installed(monkeypatch, typer=typer, rich='15.0.0')
    assert entry_point.unmet() is None


def test_a_command_without_its_package_names_it(monkeypatch, capsys) -> None:
    def fail() -> None:
        raise ModuleNotFoundError("No module named 'foxglove'", name='foxglove.channels')

    main = ModuleType('avpr_ros.cli.main')
    main.main = fail
    monkeypatch.setitem(sys.modules, 'avpr_ros.cli.main', main)
    with pytest.raises(SystemExit) as stop:
        entry_point.main()
    assert stop.value.code == 2
    assert 'needs the Python package foxglove-sdk, which is not installed' in (
        capsys.readouterr().err
    )


def test_a_fault_of_the_package_itself_is_not_hidden(monkeypatch) -> None:
    assert entry_point.missing_module(ModuleNotFoundError(name='avpr_ros.cli.nothing')) is None


def test_the_command_line_runs(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys, 'argv', ['avpr', '--version'])
    with pytest.raises(SystemExit) as stop:
        entry_point.main()
    assert not stop.value.code
    assert capsys.readouterr().out == f'avpr_ros {__version__}\n'


#: Shows that the interpreter and the package's first modules have started, and runs the command.
INTERRUPTED = """
from avpr_ros.cli import entry_point
import builtins, os, signal, sys
sys.argv = ['avpr', '--version']
load = builtins.__import__

def load_and_stop(name, *rest, **named):
    if name == {module!r}:
        os.kill(os.getpid(), signal.SIGINT)
    return load(name, *rest, **named)

builtins.__import__ = load_and_stop
entry_point.main()
"""


@pytest.mark.parametrize('module', ['importlib.metadata', 'avpr_ros.cli.main', 'typer'])
def test_ctrl_c_during_the_import_is_no_traceback(module: str) -> None:
    code = INTERRUPTED.format(module=module)
    ended = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, '', '')
