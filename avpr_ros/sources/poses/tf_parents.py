# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Frames that TF gives in two parents, which makes their pose depend on the path taken."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from avpr_ros.sources.poses.tf_chain import Chain, TransformGraph
from avpr_ros.sources.preflight import PreflightCheck

#: Parents that agree to this are harmless.
_SAME_M = 0.01
#: Poses further apart make a map wrong.
_WRONG_M = 1.0
_MAX_GAP_S = 1.0


def parent_checks(graph: TransformGraph, base_frame: str) -> tuple[PreflightCheck, ...]:
    """Check that every frame has one parent.

    Args:
        graph: all transforms of the recording.
        base_frame: frame whose poses are used; parents of it that disagree are an error.
    """
    found = []
    for child in graph.frames():
        for first, second in pairwise(graph.parents(child)):
            apart_m = _apart_m(graph, first, second, child)
            if apart_m is not None and apart_m <= _SAME_M:
                continue
            differ = '' if apart_m is None else f' {apart_m:.1f} m apart'
            wrong = child == base_frame and apart_m is not None and apart_m > _WRONG_M
            text = (
                f'{child} has two parents{differ}, {first} and {second}; TF allows one: record '
                'only the one that localises the robot, or name it with --map-frame.'
            )
            found.append(PreflightCheck('transforms', 'error' if wrong else 'warning', text))
    return tuple(found)


def _apart_m(graph: TransformGraph, first: str, second: str, child: str) -> float | None:
    """Return the median distance between a frame's two poses; None where unconnected."""
    between = graph.chain(first, second, avoid=child)
    direct, onward = graph.edge(first, child), graph.edge(second, child)
    if between is None:
        return None
    other = Chain((*between.steps, *onward.steps))
    moving = [chain for chain in (direct, other) if chain.moves]
    stamps = moving[0].sample_stamps_ns() if moving else np.zeros(1, dtype=np.int64)
    ours, theirs = direct.at(stamps, _MAX_GAP_S), other.at(stamps, _MAX_GAP_S)
    both = ours.valid & theirs.valid
    if not both.any():
        return None
    offsets = ours.translations_m[both] - theirs.translations_m[both]
    return float(np.median(np.linalg.norm(offsets, axis=1)))
