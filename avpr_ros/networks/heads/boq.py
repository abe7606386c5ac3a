# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Bag of Queries (Ali-bey et al., CVPR 2024): learned queries attend to the local features."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_HEAD_WIDTH = 64


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al., 2017) with the parameters of torch's own layer.

    Written out so that training, inference and ONNX compute one and the same graph.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // _HEAD_WIDTH
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, queries: Tensor, features: Tensor) -> Tensor:
        """Answer (B, q, p) queries from (B, n, p) features: (B, q, p)."""
        weights, biases = self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)
        sources = (queries, features, features)
        q, k, v = (
            self._split(F.linear(source, weight, bias))
            for source, weight, bias in zip(sources, weights, biases, strict=True)
        )
        answers = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(answers.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]

    def _split(self, rows: Tensor) -> Tensor:
        """Give each head its share: (B, n, p) to (B, heads, n, p / heads)."""
        batch, count, _ = rows.shape
        return rows.reshape(batch, count, self.heads, _HEAD_WIDTH).transpose(1, 2)


class Encoder(nn.Module):
    """A transformer layer as first published: norms after the sums, ReLU between."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.self_attn = Attention(width)
        self.linear1 = nn.Linear(width, 4 * width)
        self.linear2 = nn.Linear(4 * width, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Transform (B, n, p) to (B, n, p)."""
        x = self.norm1(x + self.self_attn(x, x))
        return self.norm2(x + self.linear2(self.linear1(x).relu()))  # type: ignore[no-any-return]


class QueryBlock(nn.Module):
    """Features pass an encoder, learned queries look at each other and then at the features."""

    def __init__(self, width: int, queries: int) -> None:
        super().__init__()
        self.encoder = Encoder(width)
        self.queries = nn.Parameter(torch.randn(1, queries, width))
        self.self_attn = Attention(width)
        self.norm_q = nn.LayerNorm(width)
        self.cross_attn = Attention(width)
        self.norm_out = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the encoded (B, n, p) features and the queries' (B, q, p) answers."""
        x = self.encoder(x)
        # The same for every image: ONNX Runtime folds it into a constant.
        queries = self.norm_q(self.queries + self.self_attn(self.queries, self.queries))
        answers = self.cross_attn(queries.expand(x.shape[0], -1, -1), x)
        return x, self.norm_out(answers)


class BoqHead(nn.Module):
    """Blocks of queries, their answers mixed by one linear layer.

    Attributes:
        dim: length of a descriptor: p x r.
    """

    def __init__(
        self, channels: int, width: int = 384, queries: int = 64, blocks: int = 2, rows: int = 32
    ) -> None:
        """Set up.

        Args:
            channels: width C of the features.
            width: p, that they are brought to; 64 divides it.
            queries: a block.
            blocks: in all.
            rows: r, mixtures of all answers.
        """
        super().__init__()
        self.dim = width * rows
        self.proj_c = nn.Conv2d(channels, width, 3, padding=1)
        self.norm_input = nn.LayerNorm(width)
        self.boqs = nn.ModuleList(QueryBlock(width, queries) for _ in range(blocks))
        self.fc = nn.Linear(blocks * queries, rows)

    def forward(self, features: Tensor, token: Tensor | None = None) -> Tensor:
        """Aggregate (B, C, h, w) to (B, p*r) unit rows; the token is not used."""
        x = self.norm_input(self.proj_c(features).flatten(2).transpose(1, 2))
        answers = []
        for block in self.boqs:
            x, answer = block(x)
            answers.append(answer)
        mixed = self.fc(torch.cat(answers, dim=1).transpose(1, 2))
        return F.normalize(mixed.flatten(1), dim=1)
