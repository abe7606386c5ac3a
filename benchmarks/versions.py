# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""The robot side with its oldest and newest dependencies, on each CPython that is there.

For each interpreter one virtual environment at a time, made by ``uv`` in a temporary folder: the
requirements of ``setup.py`` at their lowest or highest version that has a wheel, every module of
the robot side imported, and its fast tests run; no torch.

``python -m benchmarks.versions [PYTHON ...] [--quick]`` takes paths of interpreters, by default
those of the versions below that ``uv`` finds. Rows of other interpreters stay in the result file.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Sequence
import json
import os
from pathlib import Path
import shutil
import subprocess
import tempfile
from xml.etree import ElementTree

from benchmarks.results import RESULTS, ROOT, Row, print_table, stored_rows, write_results

MINORS = ('3.10', '3.11', '3.12', '3.13', '3.14')
RESOLUTIONS = {'lowest': 'lowest-direct', 'newest': 'highest'}
#: Platform of the wheels that a robot's 64-bit ARM computer takes.
ARM64 = 'aarch64-manylinux_2_28'
#: Column of the table: distribution on PyPI.
PACKAGES = {
    'numpy': 'numpy',
    'scipy': 'scipy',
    'opencv': 'opencv-python-headless',
    'faiss': 'faiss-cpu',
    'onnxruntime': 'onnxruntime',
    'rosbags_image': 'rosbags-image',
    'pyproj': 'pyproj',
}
#: What the tests need beside the robot's packages.
TOOLS = ('pytest', 'pytest-timeout', 'onnx', 'pyyaml')
#: rclpy and messages as wheels; not for every CPython.
_MESSAGES = ('std', 'sensor', 'nav', 'geometry', 'visualization', 'diagnostic', 'rosgraph')
ROS = (
    *('ros-jazzy-rclpy[fastrtps]', 'ros-jazzy-std-srvs'),
    *(f'ros-jazzy-{name}-msgs' for name in _MESSAGES),
)
FOLDERS = (
    *('storage', 'gallery', 'localization', 'runtime', 'sources', 'verification', 'mapping'),
)
#: Fast tests that need no torch, of every part that calls NumPy, OpenCV, FAISS or ONNX Runtime.
TESTS = (
    *('gallery', 'runtime', 'localization/checks', 'storage', 'test_poses.py'),
    *('localization/test_matcher.py', 'localization/test_retrieval.py'),
    *('sources/test_decode.py', 'sources/test_decode_compressed.py', 'sources/test_mcap.py'),
    *('sources/test_rectification.py', 'verification/test_pnp.py', 'verification/test_sift.py'),
    'verification/test_camera_model.py',
)
IMPORTER = """
import importlib, json, sys
failed = {}
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        failed[name] = f'{type(error).__name__}: {error}'
print(json.dumps(failed))
"""


def robot_requirements() -> list[str]:
    """Return the requirements of the robot side, from ``setup.py``."""
    tree = ast.parse((ROOT / 'setup.py').read_text(encoding='utf-8'))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == 'ROBOT':
            return [str(one) for one in ast.literal_eval(node.value)]
    raise SystemExit('setup.py has no list ROBOT')


def robot_modules() -> tuple[list[str], list[str]]:
    """Return the modules of the robot side, without and with ROS."""
    names = [
        '.'.join(file.relative_to(ROOT).with_suffix('').parts)
        for folder in (*FOLDERS, 'ros')
        for file in sorted((ROOT / 'avpr_ros' / folder).rglob('*.py'))
        if file.name != '__init__.py' and 'launch' not in file.name
    ]
    with_ros = [name for name in names if name.startswith('avpr_ros.ros.')]
    return [name for name in names if name not in with_ros], with_ros


def interpreters(given: Sequence[str]) -> list[str]:
    """Return the paths of the interpreters to run."""
    if given:
        return list(given)
    found = [_uv('python', 'find', '--no-python-downloads', minor) for minor in MINORS]
    return [one.stdout.strip() for one in found if one.returncode == 0]


def run_one(python: str, pins: str, folder: Path, *, quick: bool) -> Row:
    """Install, import and test one combination in a folder; the folder is removed after it."""
    venv = folder / 'venv'
    here = str(venv / 'bin' / 'python')
    _check(_uv('venv', '--clear', '--no-python-downloads', '-p', python, str(venv)))
    row: dict[str, object] = {'python': _output(here, '-c', _VERSION), 'pins': pins}
    install = ('pip', 'install', '-p', here, '--only-binary', ':all:')
    done = _uv(*install, '--resolution', RESOLUTIONS[pins], *robot_requirements())
    if done.returncode:
        return {**row, 'failed': 'no installation', 'why': done.stderr.strip()[-300:]}
    frozen = folder / 'frozen.txt'
    frozen.write_text(_uv('pip', 'freeze', '-p', here).stdout, encoding='utf-8')
    versions = dict(line.split('==') for line in frozen.read_text('utf-8').split() if '==' in line)
    row |= {column: versions[name] for column, name in PACKAGES.items()}
    row['arm64'] = arm64_wheels(str(row['python']), pins)
    plain, with_ros = robot_modules()
    row['modules'] = _import(here, plain)
    _check(_uv(*install, '-c', str(frozen), *TOOLS))
    # Some of ROS's own requirements have no wheel, so sources are allowed here.
    ros = _uv('pip', 'install', '-p', here, '-c', str(frozen), *ROS)
    row['ros_modules'] = 'no wheels of rclpy' if ros.returncode else _import(here, with_ros)
    return row if quick else row | _test(here, folder)


def arm64_wheels(python: str, pins: str) -> str:
    """Return whether every requirement has a wheel for 64-bit ARM; nothing is installed."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, 'robot.in')
        wanted.write_text('\n'.join(robot_requirements()), encoding='utf-8')
        minor = '.'.join(python.split('.')[:2])
        done = _uv(
            *('pip', 'compile', '--only-binary', ':all:', '--resolution', RESOLUTIONS[pins]),
            *('--python-platform', ARM64, '--python-version', minor, str(wanted)),
        )
    return 'missing' if done.returncode else 'wheels'


def _import(python: str, names: Sequence[str]) -> str:
    failed = json.loads(_output(python, '-c', IMPORTER, *names))
    text = f'{len(names) - len(failed)} of {len(names)}'
    return text + ''.join(f'; {name}: {why}' for name, why in list(failed.items())[:3])


def _test(python: str, folder: Path) -> dict[str, object]:
    tests = ROOT / 'test'
    junit = folder / 'junit.xml'
    command = [python, '-m', 'pytest', '-q', '-p', 'no:cacheprovider', f'--junitxml={junit}']
    command += ['-m', 'not slow and not ros and not data', '--timeout=300']
    done = _run(*command, *(str(tests / name) for name in TESTS))
    if not junit.is_file():
        return {'failed': 'no test ran', 'why': done.stdout[-300:]}
    suite = next(ElementTree.parse(junit).getroot().iter('testsuite'))
    count = {name: int(suite.get(name, 0)) for name in ('tests', 'failures', 'errors', 'skipped')}
    failed = count['failures'] + count['errors']
    row: dict[str, object] = {
        'passed': count['tests'] - failed - count['skipped'],
        'failed': failed,
        'skipped': count['skipped'],
    }
    names = [line for line in done.stdout.splitlines() if line.startswith(('FAILED', 'ERROR'))]
    return row | ({'why': '; '.join(names)[:600]} if failed else {})


_VERSION = 'import platform; print(platform.python_version())'


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    # The numbers of threads are those of a robot that has other things to do, too.
    environment = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': str(ROOT)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)


def _uv(*words: str) -> subprocess.CompletedProcess[str]:
    return _run(shutil.which('uv') or 'uv', *words)


def _check(done: subprocess.CompletedProcess[str]) -> None:
    if done.returncode:
        raise SystemExit(f'{" ".join(map(str, done.args))} failed: {done.stderr.strip()}')


def _output(*command: str) -> str:
    done = _run(*command)
    _check(done)
    return done.stdout.strip().splitlines()[-1]


def main() -> None:
    """Run every combination and write the result file after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('python', nargs='*')
    parser.add_argument('--quick', action='store_true', help='Install and import, no tests.')
    parser.add_argument('--check', action='store_true', help='Exit with 1 where a test failed.')
    options = parser.parse_args()
    rows = {
        (str(row['python']), str(row['pins'])): row
        for row in stored_rows(RESULTS / 'versions.json')
    }
    for python in interpreters(options.python):
        for pins in RESOLUTIONS:
            with tempfile.TemporaryDirectory() as folder:
                row = run_one(python, pins, Path(folder), quick=options.quick)
            rows[str(row['python']), str(row['pins'])] = row
            ordered = [rows[key] for key in sorted(rows, key=_order)]
            write_results('versions', ordered, quick=options.quick)
    print_table(ordered, 'versions')
    if options.check and any(row.get('failed') for row in ordered):
        raise SystemExit(1)


def _order(key: tuple[str, str]) -> tuple[int, ...]:
    return (*map(int, key[0].split('.')), list(RESOLUTIONS).index(key[1]))


if __name__ == '__main__':
    main()
