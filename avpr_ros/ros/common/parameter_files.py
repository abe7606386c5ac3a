# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Parameter files that name other nodes than the one they were given to: ROS ignores them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
import re
from typing import Any

import yaml

_FLAG = '--params-file'
_PARAMETERS = 'ros__parameters'


def unused_files(node_name: str, arguments: Sequence[str]) -> list[str]:
    """Return a sentence on each parameter file without parameters of a node.

    Args:
        node_name: with its namespace, such as ``/robot1/avpr_localizer``.
        arguments: of the command line, ``--ros-args`` and all.
    """
    texts = []
    for path in _given(arguments):
        names = _node_names(path)
        if names and not any(_matches(name, node_name) for name in names):
            texts.append(
                f'The parameter file {path} is ignored: it has parameters for '
                f'{", ".join(names)} and none for {node_name}; name this node in it, or /** for '
                'any.'
            )
    return texts


def _given(arguments: Sequence[str]) -> list[Path]:
    return [Path(value) for flag, value in pairwise(arguments) if flag == _FLAG]


def _node_names(path: Path) -> list[str]:
    """Return the nodes that a file names; empty where it cannot be read, which ROS refuses."""
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (OSError, ValueError, yaml.YAMLError):
        return []
    return list(_names(content, ''))


def _names(content: Any, above: str) -> Iterator[str]:
    """Yield the names of nodes below a namespace; namespaces may be keys of their own."""
    if not isinstance(content, dict):
        return
    for key, value in content.items():
        if key == _PARAMETERS:
            yield above
        else:
            yield from _names(value, f'{above}/{str(key).strip("/")}')


def _matches(pattern: str, node_name: str) -> bool:
    """Return whether the name of a node fits, with ``*`` for a token and ``**`` for any."""
    parts = [
        {'**': '(/[^/]+)*', '*': '/[^/]+'}.get(token, f'/{re.escape(token)}')
        for token in pattern.split('/')[1:]
    ]
    return re.fullmatch(''.join(parts), node_name) is not None
