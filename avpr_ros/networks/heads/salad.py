# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""SALAD (Izquierdo and Civera, CVPR 2024): local features shared between clusters by transport.

Written from the formulas of the paper. Scores S (m clusters, n features) get one more row, the
dustbin, with a learned score z. The transport plan P of entropy-regularised optimal transport
(weight 1) has rows that sum up to 1 for each cluster and n - m for the dustbin, and columns that
sum up to 1; three rounds of Sinkhorn's scaling in the logarithm come near it. The dustbin's row is
dropped: what lies there is of no use. Cluster k is sum_i P_ki f_i.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from avpr_ros.errors import ConfigError

ROUNDS = 3
_DROPOUT = 0.3


class SaladHead(nn.Module):
    """Clusters by transport, and a global token in front.

    Attributes:
        dim: length of a descriptor: m clusters x l + g.
    """

    def __init__(
        self,
        channels: int,
        clusters: int = 64,
        cluster_dim: int = 128,
        token_dim: int = 256,
        hidden: int = 512,
    ) -> None:
        """Set up.

        Args:
            channels: width C of features and token.
            clusters: m.
            cluster_dim: l, numbers a cluster.
            token_dim: g, numbers of the token.
            hidden: width between the two layers of each perceptron.
        """
        super().__init__()
        self.dim = clusters * cluster_dim + token_dim
        self.clusters = clusters
        self.token_features = nn.Sequential(
            nn.Linear(channels, hidden), nn.ReLU(), nn.Linear(hidden, token_dim)
        )
        self.cluster_features = _per_cell(channels, hidden, cluster_dim)
        self.score = _per_cell(channels, hidden, clusters)
        self.dust_bin = nn.Parameter(torch.ones(()))

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """Aggregate.

        Args:
            features: (B, C, h, w), h*w > m.
            token: (B, C) global token; None takes the mean of the features, which suits
                convolutional backbones.

        Returns:
            (B, g + m*l) unit rows: the unit token, then l x m numbers of unit columns.

        Raises:
            ConfigError: no more cells than clusters.
        """
        cells = features.shape[2] * features.shape[3]
        if cells <= self.clusters:
            raise ConfigError(
                f'SALAD shares features between {self.clusters} clusters and needs more than '
                f'{self.clusters} of them, the image gives {cells}; use a larger input or a finer '
                'stride'
            )
        if token is None:
            token = features.mean(dim=(2, 3))
        plan = transport(self.score(features).flatten(2), self.dust_bin)
        local = self.cluster_features(features).flatten(2)
        # (B, l, n) x (B, n, m): column k is the sum of the features that cluster k got.
        sums = local @ plan.transpose(1, 2)
        parts = [
            F.normalize(self.token_features(token), dim=1),
            F.normalize(sums, dim=1).flatten(1),
        ]
        return F.normalize(torch.cat(parts, dim=1), dim=1)


def transport(scores: Tensor, dust_bin: Tensor, rounds: int = ROUNDS) -> Tensor:
    """Return how much of each feature each cluster gets.

    Args:
        scores: (B, m, n) of features with clusters, n > m.
        dust_bin: () score of any feature with the dustbin.
        rounds: of Sinkhorn's scaling; the columns sum up to 1 exactly after each.

    Returns:
        (B, m, n), the dustbin's row left out.
    """
    batch, clusters, cells = scores.shape
    table = torch.cat([scores, dust_bin.expand(batch, 1, cells)], dim=1)
    # log of what each row holds: 1 for a cluster, n - m for the dustbin; of a column it is 0.
    rows = F.pad(scores.new_zeros(clusters, 1), (0, 0, 0, 1), value=math.log(cells - clusters))
    columns = scores.new_zeros(1, cells)
    for _ in range(rounds):
        scale = rows - torch.logsumexp(table + columns, dim=2, keepdim=True)
        columns = -torch.logsumexp(table + scale, dim=1, keepdim=True)
    return (table + scale + columns)[:, :clusters].exp()


def _per_cell(channels: int, hidden: int, dim: int) -> nn.Sequential:
    """Two layers at each cell; the dropout holds a number in the published files."""
    return nn.Sequential(
        nn.Conv2d(channels, hidden, 1), nn.Dropout(_DROPOUT), nn.ReLU(), nn.Conv2d(hidden, dim, 1)
    )
