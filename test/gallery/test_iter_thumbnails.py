# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from avpr_ros.errors import MapError
from avpr_ros.gallery.describer import no_progress


def test_a_copy_without_thumbnails_is_refused_by_the_keyframe(gallery) -> None:
    class Bare(type(gallery)):
        def thumbnail(self, row: int):
            return None

    bare = Bare(
        gallery.path, gallery.manifest, gallery.descriptors, gallery.keyframes, gallery.index
    )
    with pytest.raises(MapError, match='no thumbnail of keyframe 0; build its layout from'):
        next(bare.iter_thumbnails('layout', no_progress))
