# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Where the pieces of a stage are computed: in this process, or by a runner of another engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from avpr_ros.errors import SourceError
from avpr_ros.mapping.stages.fleet_plan import FleetPlan
from avpr_ros.mapping.stages.shards import ShardStore
from avpr_ros.mapping.stages.worker import StageTools, StageWorker
from avpr_ros.threads import one_product_thread


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a method of ``StageWorker``.

    Attributes:
        stage: the method.
        arguments: of it.
        text: which piece it is, for messages.
        drive: number of its drive in the plan; -1: none.
    """

    stage: str
    arguments: tuple[Any, ...]
    text: str
    drive: int = -1


#: Called with a call that is done, its result, or the error that ended it.
Done: TypeAlias = Callable[[Call, Any, 'Exception | None'], None]


class Runner(Protocol):
    """Computes the calls of a stage, in any order."""

    def run(self, plan: FleetPlan, calls: Sequence[Call], done: Done) -> None:
        """Compute all calls; an error of a drive ends its call only, other errors are raised."""
        ...


#: Called with stage, calls done, calls in all, and keyframes that were added.
StageProgress: TypeAlias = Callable[[str, int, int, int], None]


class LocalRunner:
    """Computes the calls here, one after the other, with one thread."""

    def __init__(self, store: ShardStore, tools: StageTools) -> None:
        self._store = store
        self._tools = tools
        self._worker: tuple[FleetPlan, StageWorker] | None = None

    def run(self, plan: FleetPlan, calls: Sequence[Call], done: Done) -> None:
        """See ``Runner``."""
        if self._worker is None or self._worker[0] != plan:
            self._worker = plan, StageWorker(plan, self._store, self._tools)
        for call in calls:
            try:
                with one_product_thread():
                    result = getattr(self._worker[1], call.stage)(*call.arguments)
            except SourceError as error:
                done(call, None, error)
            else:
                done(call, result, None)
