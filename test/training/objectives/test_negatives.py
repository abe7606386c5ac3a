# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch

from avpr_ros.training.objectives.asymmetric import Asymmetric, AsymmetricSettings
from avpr_ros.training.objectives.negatives import QueueNegatives, masked_log_sum


def test_a_queue_holds_the_last_images_and_leaves_out_places_too_near(side, asked):
    queries, rows = asked
    queue = QueueNegatives(side, size=6)
    queue.log_sum(queries[:2], rows[:2], 0.05)
    found = queue.log_sum(queries[2:], rows[2:], 0.05)
    assert queue.queue.tolist() == [6, 9, 11, 0, 4, -1]
    # Row 6 is of place 2; row 4 of place 1, too near it; rows 9, 11 and 0 are others.
    logits = queries[2] @ side.targets(np.array([9, 11, 0])).double().T / 0.05
    assert torch.allclose(found[0], logits.logsumexp(0))


def test_a_queue_does_not_move_in_evaluation_and_travels_in_the_state(side, asked):
    objective = Asymmetric(side, AsymmetricSettings(), QueueNegatives(side, size=6))
    objective(*asked)
    held = objective.negatives.queue.tolist()
    objective.eval()
    objective(asked[0][:1], asked[1][:1])
    assert objective.negatives.queue.tolist() == held
    other = Asymmetric(side, AsymmetricSettings(), QueueNegatives(side, size=6))
    other.load_state_dict(objective.state_dict())
    assert other.negatives.queue.tolist() == held


def test_an_empty_queue_gives_no_negatives(side, asked):
    queue = QueueNegatives(side).eval()
    assert torch.isneginf(queue.log_sum(*asked, 0.05)).all()


def test_a_sum_over_nothing_is_minus_infinity_with_a_finite_gradient():
    queries = torch.ones(2, 3, requires_grad=True)
    excluded = torch.tensor([[True, True], [False, True]])
    found = masked_log_sum(queries, torch.ones(2, 3), excluded, 1.0)
    assert found.tolist() == [-torch.inf, 3.0]
    found[1].backward()
    assert torch.isfinite(queries.grad).all()
