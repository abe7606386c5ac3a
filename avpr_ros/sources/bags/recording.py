# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which storage files belong to one recording, whatever its metadata.yaml says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
import re

from avpr_ros.errors import SourceError
from avpr_ros.sources.bags.metadata import METADATA, BagMetadata, read_metadata
from avpr_ros.sources.bags.storage.opening import cannot_read, storage_suffix, unpacked_name
from avpr_ros.sources.bags.time_spans import FileSpan, contiguous, file_span, overlapping
from avpr_ros.sources.preflight import PreflightCheck


@dataclass(frozen=True)
class Recording:
    """The storage files of one run.

    Attributes:
        path: what the user gave, for texts.
        files: at least one storage file, in order.
        checks: findings about them.
        counted: number of messages according to metadata.yaml; None where it is not comparable.
    """

    path: Path
    files: tuple[Path, ...]
    checks: tuple[PreflightCheck, ...] = ()
    counted: int | None = None


def find_recording(path: Path | Sequence[Path]) -> Recording:
    """Return the files of a bag folder, or the given ones.

    All files of a folder are read where they are parts of one run. A file that metadata.yaml does
    not name is left out with a warning where it holds the same time and topics again.

    Raises:
        SourceError: no storage file, one that is named is missing, or several recordings.
    """
    if not isinstance(path, Path):
        return Recording(path[0], tuple(path))
    if path.is_file():
        return Recording(path, (path,), _siblings(path))
    if not path.is_dir():
        raise cannot_read(path, FileNotFoundError('no such file or folder'))
    files = storage_files(path)
    metadata = read_metadata(path)
    if metadata is not None:
        return _with_metadata(path, files, metadata)
    if not files:
        raise cannot_read(path, ValueError('no storage file and no valid metadata.yaml'))
    checks: tuple[PreflightCheck, ...] = ()
    if (path / METADATA).is_file():
        checks = (_warning(f'{METADATA} cannot be read; the storage files themselves are used.'),)
    if len(files) > 1:
        _check_one_run(path, [file_span(file) for file in files])
    return Recording(path, tuple(files), checks)


def storage_files(folder: Path) -> list[Path]:
    """Return the storage files of a folder in natural order; unpacked ones before compressed."""
    found = [file for file in folder.iterdir() if storage_suffix(file) and file.is_file()]
    names = {file.name for file in found}
    kept = [
        file
        for file in found
        if (unpacked := unpacked_name(file.name)) == file.name or unpacked not in names
    ]
    return sorted(kept, key=_natural)


def split_number(file: Path) -> tuple[str, int] | None:
    """Return name and number of a split such as ``run_3.mcap``; None for other names."""
    found = re.fullmatch(r'(.+)_(\d+)', Path(unpacked_name(file.name)).stem)
    return None if found is None else (found[1], int(found[2]))


def _with_metadata(path: Path, files: list[Path], metadata: BagMetadata) -> Recording:
    """Return the files that metadata.yaml names, and those it should name."""
    named = [_present(path / name, files) for name in metadata.names]
    if missing := [file.name for file in named if not file.is_file()]:
        raise SourceError(
            f'{METADATA} of bag {path} names {", ".join(missing)}, which is missing: restore it, '
            'or delete metadata.yaml to read the files that are there.'
        )
    if not named:
        if not files:
            raise cannot_read(path, ValueError('metadata.yaml names no storage file'))
        named = files[:1]
    present = {unpacked_name(file.name) for file in named}
    others = [file for file in files if unpacked_name(file.name) not in present]
    if not others:
        return Recording(path, tuple(named), counted=metadata.messages)
    spans = [file_span(file) for file in named]
    extra: list[FileSpan] = []
    copies: list[FileSpan] = []
    for file in others:
        span = file_span(file)
        (copies if any(overlapping(span, known) for known in spans) else extra).append(span)
    if extra:
        _check_one_run(path, [*spans, *extra])
    used = [span.file for span in sorted([*spans, *extra], key=lambda span: span.begin_ns)]
    checks = []
    if extra:
        checks.append(
            _warning(
                f'{METADATA} names {len(named)} of {len(used)} storage files; all are read. '
                '"ros2 bag reindex" corrects it.'
            )
        )
    if copies:
        names = ', '.join(span.file.name for span in copies)
        checks.append(
            _warning(
                f'{names} holds the time and topics of the files that {METADATA} names again and '
                'is left out; give it by its own path to read it instead.'
            )
        )
    return Recording(path, tuple(used), tuple(checks))


def _present(named: Path, files: Sequence[Path]) -> Path:
    """Return a file that metadata.yaml names, or the same one packed or unpacked since."""
    if named.is_file():
        return named
    unpacked = unpacked_name(named.name)
    return next((file for file in files if unpacked_name(file.name) == unpacked), named)


def _check_one_run(path: Path, spans: Sequence[FileSpan]) -> None:
    """Reject files that are separate drives or copies of each other."""
    listed = ', '.join(span.file.name for span in spans)
    ordered = sorted(spans, key=lambda span: span.begin_ns)
    for first, second in pairwise(ordered):
        if overlapping(first, second):
            raise SourceError(
                f'{first.file.name} and {second.file.name} in {path} hold the same topics over '
                f'the same time, as copies do: open one of {listed}.'
            )
        if not contiguous(first, second):
            raise SourceError(
                f'{path} holds several recordings without a metadata.yaml '
                f'({second.file.name} begins {(second.begin_ns - first.end_ns) / 1e9:.0f} s after '
                f'the end of {first.file.name}): open one of {listed}, or give them one by one.'
            )


def _siblings(file: Path) -> tuple[PreflightCheck, ...]:
    """Warn where a single file is one of the splits of a folder."""
    own = split_number(file)
    if own is None:
        return ()
    splits = [
        other
        for other in storage_files(file.parent)
        if (number := split_number(other)) is not None and number[0] == own[0]
    ]
    if len(splits) < 2:
        return ()
    return (
        _warning(
            f'{file.name} is one of {len(splits)} files of {own[0]}; give the folder '
            f'{file.parent} to read all of them.'
        ),
    )


def _warning(text: str) -> PreflightCheck:
    """Return a finding about the files."""
    return PreflightCheck('storage', 'warning', text)


def _natural(file: Path) -> list[tuple[int, str]]:
    return [
        (int(part), '') if part.isdigit() else (-1, part)
        for part in re.findall(r'[0-9]+|[^0-9]+', file.name)
    ]
