# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Structure similarity preservation (SSP, IEEE Transactions on Multimedia 2024).

Descriptors are cut into m pieces; each piece's similarities to the words of a codebook of gallery
pieces shall be distributed as the gallery's: mean over pieces of
``KL(softmax(10 g.C) || softmax(10 q.C))``, pieces and words of length one.
"""

from __future__ import annotations

import faiss
import numpy as np
from numpy.typing import NDArray
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from avpr_ros.arrays import IntArray, evenly
from avpr_ros.training.objectives.gallery_side import GallerySide
from avpr_ros.training.objectives.objective import Objective

_SEED = 7
#: Rows, evenly spread, that codebooks are made from.
_MOST_ROWS = 20_000
#: Fewer rows a word than this make words of single rows.
_ROWS_PER_WORD = 4


class Ssp(Objective):
    """Pieces of randomly rotated descriptors.

    A fitted projection orders its numbers by energy, so that the last pieces would be noise; a
    rotation spreads it evenly, as in optimised product quantisation.
    """

    rotation: Tensor
    codebooks: Tensor

    def __init__(
        self,
        gallery: GallerySide,
        *,
        pieces: int = 32,
        words: int = 256,
        sharpness: float = 10.0,
    ) -> None:
        """Cluster the gallery's pieces.

        Args:
            gallery: the frozen side.
            pieces: m; fewer where a descriptor has fewer than four numbers a piece.
            words: of each codebook; fewer where the gallery is small.
            sharpness: factor on the similarities.
        """
        super().__init__(gallery)
        self._pieces = max(1, min(pieces, gallery.dim // 4))
        self._sharpness = sharpness
        width = -(-gallery.dim // self._pieces)
        rng = np.random.default_rng(_SEED)
        padded = self._pieces * width
        square, _ = np.linalg.qr(rng.normal(size=(padded, padded)))
        rotation = torch.from_numpy(square[: gallery.dim].astype(np.float32))
        self.register_buffer('rotation', rotation, persistent=False)
        rows = evenly(len(gallery), _MOST_ROWS)
        cut = self._cut(gallery.targets(rows)).numpy()
        count = max(1, min(words, len(rows) // _ROWS_PER_WORD))
        books = np.stack([_cluster(cut[:, piece], count) for piece in range(self._pieces)])
        self.register_buffer('codebooks', torch.from_numpy(books), persistent=False)

    def loss(self, queries: Tensor, targets: Tensor, rows: IntArray) -> Tensor:
        """See ``Objective.loss``."""
        wanted, found = (self._to_words(each) for each in (targets, queries))
        divergence = F.kl_div(found, wanted, reduction='sum', log_target=True)
        return divergence / (len(queries) * self._pieces)

    def _to_words(self, rows: Tensor) -> Tensor:
        """Return log-probabilities of the words, (B, m, words)."""
        similarities = torch.einsum('bmw,mkw->bmk', self._cut(rows), self.codebooks.to(rows))
        return (self._sharpness * similarities).log_softmax(dim=2)

    def _cut(self, rows: Tensor) -> Tensor:
        """Return unit pieces, (B, m, width)."""
        pieces = (rows @ self.rotation.to(rows)).reshape(len(rows), self._pieces, -1)
        return F.normalize(pieces, dim=2)


def _cluster(pieces: NDArray[np.float32], words: int) -> NDArray[np.float32]:
    """Cluster unit rows (n, w) by spherical k-means: (words, w) unit rows."""
    kmeans = faiss.Kmeans(
        pieces.shape[1],
        words,
        niter=20,
        seed=_SEED,
        spherical=True,
        min_points_per_centroid=1,
        max_points_per_centroid=len(pieces),
    )
    kmeans.train(np.ascontiguousarray(pieces, dtype=np.float32))
    return np.asarray(kmeans.centroids, dtype=np.float32).reshape(words, -1)
