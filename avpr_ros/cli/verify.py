# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr verify``: check the signature of a map and every file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar='MAP', help='Folder of the map.')]
Keys = Annotated[
    Path,
    typer.Option(help='PEM file with the public Ed25519 keys that are accepted.'),
]


def verify(folder: Folder, keys: Keys) -> None:
    """Check that a map was signed with one of the keys and is as it was then."""
    from avpr_ros.cli.console import print_note
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.gallery.manifest import NAME
    from avpr_ros.gallery.signature import TrustedKeys

    trusted = TrustedKeys.load(keys)
    gallery = GalleryMap.open(folder, trusted=trusted)
    signer = trusted.check(folder, gallery.files[NAME].read())
    gallery.space()
    shown = sum(gallery.thumbnail(row) is not None for row in range(len(gallery)))
    print_note(
        f'{folder} was signed with the key {signer}; {len(gallery.manifest.files)} files and '
        f'{shown} thumbnails are as they were then'
    )
