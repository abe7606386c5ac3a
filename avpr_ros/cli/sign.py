# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr sign``: sign a map with a private key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(metavar='MAP', help='Folder of the map.')]
Key = Annotated[
    Path,
    typer.Option(help='PEM file with a private Ed25519 key: openssl genpkey -algorithm ed25519.'),
]


def sign(folder: Folder, key: Key) -> None:
    """Check every file of a map and sign its manifest, which has the hash of each."""
    from avpr_ros.cli.console import print_note
    from avpr_ros.errors import MapError
    from avpr_ros.gallery.gallery_map import GalleryMap
    from avpr_ros.gallery.manifest import Manifest
    from avpr_ros.gallery.map_folder import SIGNATURE, open_manifest
    from avpr_ros.gallery.signature import sign_map

    checked, text = GalleryMap.open(folder).manifest, open_manifest(folder).read()
    if Manifest.parse(folder, text) != checked:
        raise MapError(f'{folder} was changed while it was checked; sign it again')
    signer = sign_map(folder, text, key, lambda: str(typer.prompt('Password', hide_input=True)))
    print_note(f'{folder / SIGNATURE}: signature by the key {signer}')
