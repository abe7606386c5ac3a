# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

from avpr_ros.gallery.describer import no_progress
from avpr_ros.training.gallery_views import describe_views


class MeanColour:
    """Describes an image by the direction of its mean colour."""

    input_px = 16

    def describe(self, images):
        means = np.stack([image.mean(axis=(0, 1)) for image in images])
        return means / np.linalg.norm(means, axis=1, keepdims=True)


def test_each_image_has_its_own_views_the_same_for_the_same_seed(made_up_images):
    calls = []

    def progress(stage, done, total):
        calls.append((stage, done, total))

    views = describe_views(MeanColour(), made_up_images(4), 5, 0, progress)
    assert (views.shape, views.dtype) == ((4, 5, 3), np.float16)
    assert np.allclose(np.linalg.norm(views.astype(np.float32), axis=2), 1, atol=1e-3)
    assert calls[-1] == ('views', 4, 4)
    again = describe_views(MeanColour(), made_up_images(4), 5, 0, no_progress)
    assert np.array_equal(views, again)
    other = describe_views(MeanColour(), made_up_images(4), 5, 1, no_progress)
    assert not np.array_equal(views, other)
    # Nearer to the views of the same image than to those of others.
    means = views.astype(np.float32).mean(axis=1)
    assert np.trace(means @ means.T) > (means @ means.T).sum() / 4
