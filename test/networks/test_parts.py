# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from avpr_ros.errors import SpaceMismatchError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.networks.embedded.dense_features import DenseFeatures, DenseXFeat, resized
from avpr_ros.networks.embedded.fitted_parts import FittedParts, join_parts, space_arrays
from avpr_ros.networks.embedded.kinds import EMBEDDED_KINDS, XFEAT, EmbeddedKind, EmbeddedPart
from avpr_ros.networks.export import export_onnx
from avpr_ros.networks.gallery_network import EmbeddedGalleryNetwork
from avpr_ros.networks.projection import fit_basis, fit_joint_basis, project_rows
from avpr_ros.networks.query_network import XFEAT_PX, VladQueryNetwork
from avpr_ros.networks.xfeat import XFeat
from avpr_ros.networks.xfeat_export import SHA256
from avpr_ros.training.initialisation.network import initialise_by_ridge

WIDTHS = (10, 64)


def unit_rows(rng: np.random.Generator, *shape: int) -> np.ndarray:
    rows = rng.normal(size=shape).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def two_parts(dim: int = 12) -> FittedParts:
    rng = np.random.default_rng(2)
    vocabularies = [unit_rows(rng, 4, width) for width in WIDTHS]
    basis, _ = np.linalg.qr(rng.normal(size=(4 * sum(WIDTHS), dim)))
    return FittedParts(vocabularies, basis.astype(np.float32), [0.25, 0.75])


def random_xfeat() -> DenseXFeat:
    torch.manual_seed(3)
    return DenseXFeat(XFeat().eval())


def query_network() -> VladQueryNetwork:
    torch.manual_seed(0)
    return VladQueryNetwork(
        two_parts(), input_px=64, embedded=False, by_xfeat=(False, True), xfeat=random_xfeat()
    )


def photo(seed: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (48, 80, 3), dtype=np.uint8)


def test_a_similarity_is_the_weighted_mean_of_those_of_the_parts():
    rng = np.random.default_rng(0)
    first, second = (torch.from_numpy(unit_rows(rng, 2, size)) for size in (5, 8))
    joined = join_parts([first, second], torch.tensor([0.2, 0.8]))
    assert torch.allclose(joined.norm(dim=1), torch.ones(2), atol=1e-6)
    wanted = 0.2 * first[0] @ first[1] + 0.8 * second[0] @ second[1]
    assert joined[0] @ joined[1] == pytest.approx(float(wanted), abs=1e-6)


def test_a_joint_basis_keeps_the_similarities_of_few_images():
    rng = np.random.default_rng(1)
    rows = unit_rows(rng, 20, 90)
    basis = fit_joint_basis(rows, [30, 60], 64)
    assert np.allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-4)
    projected = project_rows(rows, basis)
    assert np.abs(projected @ projected.T - rows @ rows.T).max() < 1e-3


def test_a_joint_basis_of_one_part_is_the_plain_one():
    rows = unit_rows(np.random.default_rng(1), 20, 90)
    assert np.array_equal(fit_joint_basis(rows, [90], 7), fit_basis(rows, 7))


def test_an_image_of_the_wanted_size_is_not_resized():
    images = torch.zeros(1, 64, 64, 3, dtype=torch.uint8)
    assert resized(images, 64) is images
    assert resized(images, 32).shape == (1, 32, 32, 3)


def test_the_space_carries_the_arrays_of_all_parts():
    rng = np.random.default_rng(5)
    kind = EMBEDDED_KINDS['embedded']
    vocabularies = [unit_rows(rng, 2, 4) for _ in kind.parts]
    weights = np.full(len(vocabularies), 1 / len(vocabularies), np.float32)
    basis = np.eye(8 * len(vocabularies), 3, dtype=np.float32)
    arrays = space_arrays(vocabularies, weights, basis)
    space = DescriptorSpace.create('embedded', 3, kind.input_px, arrays)
    fitted = FittedParts.from_space(space, len(kind.parts))
    assert fitted.dim == 3
    for words, wanted in zip(fitted.vocabularies(), vocabularies, strict=True):
        assert np.array_equal(words.numpy(), wanted)


@pytest.mark.parametrize('missing', ['vocabulary_2', 'part_weights', 'basis'])
def test_a_space_that_lacks_an_array_is_refused(missing):
    words = np.ones((2, 4), np.float32)
    arrays = dict(space_arrays([words] * 3, np.ones(3, np.float32) / 3, np.eye(24, 3)))
    del arrays[missing]
    space = DescriptorSpace.create('embedded', 3, 320, arrays)
    with pytest.raises(SpaceMismatchError, match='build the map again'):
        VladQueryNetwork.for_space(space)


def test_the_exported_query_network_of_two_parts_matches_torch(tmp_path):
    network = query_network()
    assert network.input_px == XFEAT_PX
    path = tmp_path / 'query.onnx'
    assert export_onnx(network, network.input_px, path, [photo()]) < 1e-5
    notice = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert (notice['license'], notice['weights_sha256']) == ('Apache-2.0', SHA256)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    image = np.random.default_rng(1).integers(0, 256, (1, XFEAT_PX, XFEAT_PX, 3), dtype=np.uint8)
    (rows,) = session.run(['descriptor'], {'image': image})
    assert rows.shape == (1, 12)
    assert np.linalg.norm(rows) == pytest.approx(1, abs=1e-5)


def test_the_xfeat_part_of_the_gallery_needs_no_training():
    """The source of that part is the same network: the ridge finds the identity."""
    light = nn.Conv2d(3, WIDTHS[0], 1)
    kind = EmbeddedKind((EmbeddedPart('light', 64), EmbeddedPart(XFEAT, XFEAT_PX)))
    network = query_network()
    dense_features = DenseFeatures(kind, [_Planes(light), network.xfeat])
    gallery_network = EmbeddedGalleryNetwork(dense_features, XFEAT_PX, two_parts())
    initialise_by_ridge(network, gallery_network, _Photos(), lambda *_: None)
    pixels = torch.from_numpy(photo(9)).unsqueeze(0)
    square = resized(pixels, XFEAT_PX).to(torch.uint8)
    with torch.inference_mode():
        wanted = dense_features(square)[1]
        found = network.widened(*network.sources(square))[1]
    assert (found * wanted).sum(2).mean() > 0.98


class _Planes(nn.Module):
    """A network of one convolution, for (B, S, S, 3) images."""

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self.convolution = convolution

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        planes: torch.Tensor = self.convolution(images.permute(0, 3, 1, 2).float() / 255)
        return planes


class _Photos:
    """Twelve images by row."""

    def __len__(self) -> int:
        return 12

    def read(self, row: int) -> np.ndarray:
        return photo(row)
