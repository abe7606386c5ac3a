# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Published weight files into networks: no code of the file runs, no tensor is left over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
import zipfile

from safetensors import SafetensorError
from safetensors.torch import load_file
import torch
from torch import Tensor

from avpr_ros.errors import ConfigError
from avpr_ros.networks.checkpoints.layouts import WRAPPERS, renamed
from avpr_ros.networks.foundation.kinds import FoundationKind
from avpr_ros.networks.foundation.network import FoundationNetwork

_NAMED = 3
#: Published files have one or two; a mapping may hold itself.
_MOST_WRAPPERS = 8


def read_checkpoint(path: Path, kind: FoundationKind) -> FoundationNetwork:
    """Load a published file into its network; every tensor must fit.

    Args:
        path: ``.pth``, ``.ckpt`` or ``.safetensors``.
        kind: the expected network.

    Raises:
        ConfigError: the file is missing, damaged, contains code, or is of another network; the
            text has the first names that differ.
    """
    network = FoundationNetwork(kind)
    fill(network, renamed(read_tensors(path), kind.layout), path)
    return network


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read named tensors, out of their wrapper; pickled code is refused, not run.

    Raises:
        ConfigError: missing, damaged, holds code, or no named tensors.
    """
    if not path.is_file():
        raise ConfigError(f'the weights file {path} is missing; give an existing file')
    try:
        if path.suffix == '.safetensors':
            return dict(load_file(path))
        _check_stored(path)
        content = torch.load(path, map_location='cpu', weights_only=True)
    # torch raises what it meets in the bytes: errors of zip, pickle, index and type alike.
    except (Exception, SafetensorError) as error:
        raise ConfigError(
            f'{path} cannot be read as weights: it is truncated, not a weights file, or contains '
            'Python code, which is never run; download it again from its publisher'
        ) from error
    return _unwrapped(path, content)


def _check_stored(path: Path) -> None:
    """Check that an archive takes no more memory than it has bytes; raises ``ValueError``."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f'{member.filename} is compressed')


def fill(network: FoundationNetwork, tensors: Mapping[str, Tensor], path: Path) -> None:
    """Load renamed tensors strictly.

    Raises:
        ConfigError: names or shapes differ, or a number is not finite.
    """
    wanted = network.state_dict()
    # Older batch norms did not count their batches; the count is not used.
    counts = {
        name: value for name, value in wanted.items() if name.endswith('num_batches_tracked')
    }
    given = {**counts, **tensors}
    missing = [name for name in wanted if name not in given]
    extra = [name for name in given if name not in wanted]
    other = [name for name in wanted if name in given and wanted[name].shape != given[name].shape]
    if missing or extra or other:
        raise ConfigError(
            f'{path} is not {network.kind.name}: '
            + '; '.join(_differences(missing, extra, other, wanted, given))
            + '; give the name of its network, see `avpr models list`'
        )
    bad = [name for name, value in given.items() if not bool(torch.isfinite(value).all())]
    if bad:
        raise ConfigError(
            f'{path} has numbers that are not finite, first in {bad[0]}; download it again'
        )
    network.load_state_dict(given, strict=True)


def _unwrapped(path: Path, content: Any) -> dict[str, Tensor]:
    for _ in range(_MOST_WRAPPERS):
        if not isinstance(content, Mapping):
            break
        inner = next((content[name] for name in WRAPPERS if name in content), None)
        if not isinstance(inner, Mapping):
            break
        content = inner
    if (
        not isinstance(content, Mapping)
        or not content
        or not all(isinstance(value, Tensor) for value in content.values())
    ):
        raise ConfigError(f'{path} has no named tensors; give the weights file of a network')
    return {str(name): value for name, value in content.items()}


def _differences(
    missing: list[str],
    extra: list[str],
    other: list[str],
    wanted: Mapping[str, Tensor],
    given: Mapping[str, Tensor],
) -> list[str]:
    """Name the first tensors that do not fit, of each sort."""
    parts = []
    if missing:
        parts.append(f'it lacks {len(missing)} tensors ({", ".join(missing[:_NAMED])})')
    if extra:
        parts.append(f'it has {len(extra)} others ({", ".join(extra[:_NAMED])})')
    if other:
        name = other[0]
        shapes = f'{tuple(given[name].shape)} instead of {tuple(wanted[name].shape)}'
        parts.append(f'{len(other)} have another shape ({name} {shapes})')
    return parts
