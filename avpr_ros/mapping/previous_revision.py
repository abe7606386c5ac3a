# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Content of a map that its next revision keeps; empty for a new map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avpr_ros.errors import SourceError, SpaceMismatchError
from avpr_ros.gallery import thumbnails
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.gallery.keyframes import Keyframes
from avpr_ros.gallery.manifest import Manifest
from avpr_ros.sources.checks.frame_checks import shared_frame_checks
from avpr_ros.sources.frame import Camera, FrameSource


@dataclass(frozen=True, eq=False)
class PreviousRevision:
    """The revision to which new sessions are added.

    Attributes:
        gallery: that map; None where the map is new.
    """

    gallery: GalleryMap | None = None

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """Cameras of the map."""
        return () if self.gallery is None else self.gallery.manifest.cameras

    @property
    def sessions(self) -> int:
        """Number of its sessions."""
        return 0 if self.gallery is None else len(self.gallery.manifest.sessions)

    @property
    def first_id(self) -> int:
        """The id of the next keyframe: ids are permanent and never reused."""
        return 0 if self.gallery is None else int(self.gallery.keyframes.ids.max()) + 1

    def check(self, sources: Sequence[FrameSource]) -> None:
        """Check that sources have the map's frames; raises ``SourceError``."""
        if self.gallery is None:
            return
        for source in sources:
            name = f'The map {self.gallery.path.name}'
            for check in shared_frame_checks(self.gallery.manifest, name, source):
                raise SourceError(check.text)

    def check_space(self, space: DescriptorSpace) -> None:
        """Check that new descriptors have the map's space; raises ``SpaceMismatchError``."""
        if self.gallery is None:
            return
        ours = self.gallery.manifest.descriptor_space.id
        if space.id != ours:
            raise SpaceMismatchError(
                f'the new sessions have descriptor space {space.id[:12]}, the map '
                f'{self.gallery.path} has {ours[:12]}; describe them in the space of the map'
            )

    def copy_thumbnails(self, folder: Path) -> dict[str, str]:
        """Copy the thumbnails into a new map folder; return their hashes by file name.

        Raises:
            MapError: one is damaged, or is no thumbnail of the map.
        """
        if self.gallery is None:
            return {}
        known = self.gallery.stored_thumbnails
        for name in known.sums:
            encoded = known.read_encoded(name)
            if encoded is not None:
                (folder / thumbnails.FOLDER / name).write_bytes(encoded)
        return known.sums

    def with_descriptors(self, rows: NDArray[np.float16]) -> NDArray[np.float16]:
        """Return (N + K, d) rows: the map's, then the new ones."""
        return (
            rows
            if self.gallery is None
            else np.concatenate([self.gallery.read_descriptors(), rows])
        )

    def with_keyframes(self, new: Keyframes) -> Keyframes:
        """Return the map's keyframes and then the new ones."""
        if self.gallery is None:
            return new
        old = self.gallery.keyframes
        columns: dict[str, Any] = {
            name: np.concatenate([getattr(old, name), getattr(new, name)])
            for name in ('ids', 'stamps_ns', 'sessions', 'cameras', 'poses')
        }
        if old.places is not None and new.places is not None:
            # Each dataset counts its places from 0.
            moved = new.places + int(old.places.max()) + 1
            columns['places'] = np.concatenate([old.places, moved])
        return Keyframes(**columns)

    def revise(self, draft: Manifest) -> Manifest:
        """Return a new map's manifest as the next revision of this one."""
        if self.gallery is None:
            return draft
        old = self.gallery.manifest
        return replace(
            draft,
            map_id=old.map_id,
            revision=old.revision + 1,
            sessions=old.sessions + draft.sessions,
            keyframe_spacing=old.keyframe_spacing,
        )
