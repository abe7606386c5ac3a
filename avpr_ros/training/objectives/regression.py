# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Plain regression on the stored descriptor; the rival to beat in asymmetric testing.

After Budnik and Avrithis, "Asymmetric metric learning for knowledge transfer" (CVPR 2021).
"""

from __future__ import annotations

from torch import Tensor

from avpr_ros.arrays import IntArray
from avpr_ros.training.objectives.objective import Objective


class Regression(Objective):
    """Mean of ``|q - g|^2``, which is ``2 - 2 q.g`` for unit rows."""

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``."""
        return squared_distance(queries, targets)


def squared_distance(queries: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over the batch of ``|q - g|^2``."""
    return (queries - targets).square().sum(dim=1).mean()
