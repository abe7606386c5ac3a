# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""``avpr models``: import published weights as gallery networks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from avpr_ros.cli.console import print_note, print_table

models = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help='Use published weights as gallery networks: list, import, verify, fetch.',
)

Name = Annotated[str, typer.Argument(help='Name of the network, see `avpr models list`.')]
File = Annotated[Path, typer.Argument(help="The publisher's file: .pth, .ckpt or .safetensors.")]
As = Annotated[
    str, typer.Option('--as', help='Name of the network whose weights the file contains.')
]
Hash = Annotated[
    str | None, typer.Option('--sha256', help='Expected SHA-256 of the downloaded file.')
]
Yes = Annotated[
    bool, typer.Option('--yes', help='Import without confirming the SHA-256 of the file.')
]


@models.command('list')
def list_models() -> None:
    """List all networks, and which of them are in the model folder."""
    from avpr_ros.networks.checkpoints.store import model_folder, stored_models
    from avpr_ros.networks.foundation.kinds import FOUNDATION_KINDS

    stored = stored_models()
    rows = [
        (
            kind.name,
            f'{kind.dim} dimensions, {kind.input_px} px, {kind.licence}'
            + (', imported' if kind.name in stored else ''),
        )
        for kind in FOUNDATION_KINDS.values()
    ]
    rows += [(name, 'imported') for name in stored if name not in FOUNDATION_KINDS]
    rows.append(('gem-NAME', 'GeM on the network NAME of timm, with a weights file of timm'))
    print_table(f'Gallery networks, weights in {model_folder()}', rows)


@models.command('import')
def import_model(path: File, name: As) -> None:
    """Check a published file, convert it and store it in the model folder."""
    from avpr_ros.networks.checkpoints.store import import_checkpoint, weights_path

    model = import_checkpoint(path, name)
    print_note(f'{name}: sha256 of {path.name} {model.source_sha256}')
    print_note(f'{weights_path(name)}: sha256 {model.sha256}')
    print_note(f'next: avpr build SOURCE --output MAP --gallery-network {name}')


@models.command('verify')
def verify_model(name: Name) -> None:
    """Check hash and tensors of a network in the model folder, and describe one image."""
    import numpy as np

    from avpr_ros.networks.checkpoints.store import load_stored, stored_model

    network, model = load_stored(name), stored_model(name)
    side = network.input_px
    ramp = np.linspace(0, 255, side * side * 3).reshape(side, side, 3).astype(np.uint8)
    length = float(np.linalg.norm(network.describe([ramp])[0]))
    rows = [
        ('sha256', model.sha256),
        ('made from', f'{model.source}, sha256 {model.source_sha256}'),
        ('weights', f'{sum(v.numel() for v in network.parameters()) / 1e6:.2f} million'),
        ('descriptor', f'{network.dim} dimensions, norm {length:.4f}'),
    ]
    print_table(name, rows)


@models.command('fetch')
def fetch(name: Name, sha256: Hash = None, yes: Yes = False) -> None:
    """Download a published file from its authors, check it and import it."""
    from avpr_ros.networks.checkpoints.fetching import fetch_model

    def confirm(digest: str) -> bool:
        print_note(f'the file has sha256 {digest}; compare it with that of its publisher')
        return yes or typer.confirm('import it?')

    model = fetch_model(name, confirm, sha256)
    print_note(f'{name}: {model.source}, sha256 {model.source_sha256}')
