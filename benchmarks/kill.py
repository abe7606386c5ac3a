# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Commands that are killed at random moments: is the old output or the new one whole, and no rest.

Each command runs to its end once, which gives its duration. Then it is killed (SIGKILL) at moments
that are evenly distributed over that duration, its output is opened, and the same command runs
again. ``--kills`` sets how many in all. The result file is written after each command; one that is
in it with as many kills is not run again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
import os
from pathlib import Path
import shutil
import subprocess
import sys
import tempfile
import time

import cv2
import numpy as np

from avpr_ros.errors import AvprError
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.json_fields import read_object
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.storage.file_pair import matching_file
from benchmarks.results import RESULTS, Row, print_table, stored_rows, write_results

_AVPR = (sys.executable, '-m', 'avpr_ros.cli.main')
_MODEL = 'cosplace-resnet18-64'
_IMAGES = 10
#: What a command that is repeated may say instead of doing it again.
_KNOWN_REFUSALS = ('the same drive', 'at most 0.01 may be lost')


@dataclass(frozen=True)
class Operation:
    """A command on a copy of the prepared folder.

    Attributes:
        name: of the command.
        arguments: of ``avpr``, relative to the folder.
        state: opens the output and returns what identifies it; raises where it is not whole.
    """

    name: str
    arguments: tuple[str, ...]
    state: Callable[[Path], str]


def main() -> None:
    """Run all operations, print the table and write the result file."""
    kills = int(sys.argv[sys.argv.index('--kills') + 1]) if '--kills' in sys.argv else 200
    operations = _operations()
    options = f'--kills {kills}' if kills != 200 else ''
    rows: list[Row] = []
    finished = {(row['method'], row['kills']): row for row in stored_rows(RESULTS / 'kill.json')}
    with tempfile.TemporaryDirectory() as place:
        prepared = Path(place) / 'prepared'
        _prepare(prepared)
        for number, operation in enumerate(operations):
            share = kills // len(operations) + (number < kills % len(operations))
            row = finished.get((operation.name, share))
            if row is None:
                row = _row(operation, prepared, Path(place) / 'work', share, number)
            rows.append(row)
            print_table(rows, 'kill')
            sys.stdout.flush()
            write_results('kill', rows, quick=False, options=options)


def _operations() -> tuple[Operation, ...]:
    build = ('build', 'one', '-o', 'map', '--replace', '--gallery-network', 'embedded-light')
    train = ('train', '--map', 'map', '-o', 'query.onnx', '--steps', '2', '--batch-size', '2')
    return (
        Operation('build --replace', (*build, '--dim', '16'), _map_state),
        Operation('build --append', ('build', 'two', '-o', 'map', '--append'), _map_state),
        Operation('train', train, lambda folder: _pair_state(folder / 'query.onnx')),
        Operation(
            'quantize',
            ('quantize', '--map', 'map', '--query', 'query.onnx', '-o', 'int8.onnx'),
            lambda folder: _pair_state(folder / 'int8.onnx'),
        ),
        Operation('models import', ('models', 'import', 'w.pth', '--as', _MODEL), _model_state),
    )


def _row(operation: Operation, prepared: Path, work: Path, kills: int, seed: int) -> Row:
    rng = np.random.default_rng(seed)
    before = operation.state(prepared)
    shutil.copytree(prepared, work)
    started = time.monotonic()
    code, text = _run(work, operation.arguments)
    duration_s = time.monotonic() - started
    if not _done(code, text):
        raise SystemExit(f'{operation.name} fails: {text}')
    counts: Counter[str] = Counter()
    for moment_s in np.sort(rng.uniform(0, duration_s, kills)).tolist():
        shutil.rmtree(work)
        shutil.copytree(prepared, work)
        counts.update(_killed(operation, work, before, moment_s))
    shutil.rmtree(work)
    names = ('killed', 'old_whole', 'new_whole', 'damaged', 'repeat_failed', 'remains')
    return {
        'method': operation.name,
        'kills': kills,
        'duration_s': round(duration_s, 1),
        **{name: counts[name] for name in names},
    }


def _killed(operation: Operation, work: Path, before: str, moment_s: float) -> Iterator[str]:
    """Yield what was found after one kill and after the repeated command."""
    with subprocess.Popen(
        [*_AVPR, *operation.arguments],
        cwd=work,
        env=_environment(work),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        time.sleep(moment_s)
        if process.poll() is None:
            process.kill()
            yield 'killed'
    yield _found(operation, work, before)
    code, text = _run(work, operation.arguments)
    if not _done(code, text) or _found(operation, work, before) == 'damaged':
        yield 'repeat_failed'
    left = [path for path in work.rglob('.*') if 'avpr' in path.name]
    if left:
        yield 'remains'


def _found(operation: Operation, work: Path, before: str) -> str:
    try:
        return 'old_whole' if operation.state(work) == before else 'new_whole'
    except (AvprError, OSError, ValueError):
        return 'damaged'


def _done(code: int, text: str) -> bool:
    return code == 0 or (code == 2 and any(known in text for known in _KNOWN_REFUSALS))


def _run(work: Path, arguments: tuple[str, ...]) -> tuple[int, str]:
    result = subprocess.run(
        [*_AVPR, *arguments], cwd=work, env=_environment(work), capture_output=True, text=True
    )
    return result.returncode, ' '.join((result.stdout + result.stderr).split())


def _environment(work: Path) -> dict[str, str]:
    cache = {'XDG_CACHE_HOME': str(work / 'cache'), 'AVPR_MODELS': str(work / 'models')}
    return {**os.environ, **cache, 'COLUMNS': '400'}


def _prepare(folder: Path) -> None:
    """Make two drives, a map of the first, a query network, a copy of it, and weights."""
    for number, name in enumerate(('one', 'two')):
        _write_drive(folder / name, number)
    _write_weights(folder / 'w.pth')
    operations = {operation.name: operation for operation in _operations()}
    for name in ('build --replace', 'train', 'models import'):
        code, text = _run(folder, operations[name].arguments)
        if code:
            raise SystemExit(f'{name} fails: {text}')
    for suffix in ('.onnx', '.json'):
        shutil.copyfile(folder / f'query{suffix}', folder / f'int8{suffix}')
    # Other weights, so that the import killed later can be told from this one.
    _write_weights(folder / 'w.pth')


def _write_weights(path: Path) -> None:
    """Write a file with the names of a published one and random numbers."""
    import torch

    from avpr_ros.networks.foundation.kinds import kind_by_name
    from avpr_ros.networks.foundation.network import FoundationNetwork

    state = FoundationNetwork(kind_by_name(_MODEL)).state_dict()
    names = {name: name.replace('head.', 'aggregation.', 1) for name in state}
    torch.save({names[name]: value for name, value in state.items()}, path)


def _write_drive(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    lines = ['image,x_m,y_m,z_m,qx,qy,qz,qw']
    for number in range(_IMAGES):
        small = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        image = cv2.resize(small, (320, 240), interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f'{number:03d}.png'), image)
        lines.append(f'{number:03d}.png,{number},{9 * seed},0,0,0,0,1')
    (folder / 'poses.csv').write_text('\n'.join(lines) + '\n', encoding='utf-8')


def _map_state(folder: Path) -> str:
    gallery = GalleryMap.open(folder / 'map')
    list(gallery.iter_thumbnails('kill'))
    return f'{gallery.manifest.map_id} {gallery.manifest.revision}'


def _pair_state(path: Path) -> str:
    manifest = OnnxQueryNetwork.open(path).manifest
    return f'{manifest.onnx_sha256} {manifest.created}'


def _model_state(folder: Path) -> str:
    path = folder / 'models' / f'{_MODEL}.safetensors'
    sha256 = str(read_object(path.with_suffix('.json'))['sha256'])
    if matching_file(path, sha256) is None:
        raise ValueError('the weights do not fit their record')
    return sha256


if __name__ == '__main__':
    main()
