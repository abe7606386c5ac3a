# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Which foundation networks there are: sizes, layout and origin of the published file."""

from __future__ import annotations

from dataclasses import dataclass
import re

from avpr_ros.errors import ConfigError

_SALAD = 'https://github.com/serizba/salad/releases/download/v1.0.0/dino_salad.ckpt'
_BOQ = 'https://github.com/amaralibey/Bag-of-Queries/releases/download/v1.0/'
_MEGALOC = 'https://huggingface.co/gberton/MegaLoc/resolve/main/model.safetensors'
_GEM = 'gem-'
_TIMM_NAME = re.compile(r'\w[\w.-]{0,99}')


@dataclass(frozen=True)
class FoundationKind:
    """One network.

    Attributes:
        name: what users call it.
        backbone: ``dinov2-s``, ``dinov2-b``, ``dinov2-l``, a torchvision name, or ``timm:`` and
            timm's name.
        head: ``salad``, ``boq``, ``megaloc``, ``cosplace``, ``mixvpr`` or ``gem``.
        input_px: side of the square image that descriptors are made of.
        dim: length of the head's output; 0: the backbone's width.
        layout: how the published file names its tensors, see ``checkpoints/layouts.py``.
        url: where the authors publish it; empty where they do not, or not by a plain link.
        licence: of the published weights' repository; they are data and no part of this package.
    """

    name: str
    backbone: str
    head: str
    input_px: int
    dim: int
    layout: str
    url: str = ''
    licence: str = 'see the publisher'


def _dinov2() -> list[FoundationKind]:
    kinds = [
        FoundationKind('megaloc', 'dinov2-b', 'megaloc', 322, 8448, 'megaloc', _MEGALOC, 'MIT')
    ]
    for size, mark in (('b', ''), ('s', '-s'), ('l', '-l')):
        salad, boq = (_SALAD, f'{_BOQ}dinov2_12288.pth') if size == 'b' else ('', '')
        backbone = f'dinov2-{size}'
        kinds += [
            FoundationKind(
                f'dinov2{mark}-salad', backbone, 'salad', 322, 8448, 'salad', salad, 'GPL-3.0'
            ),
            FoundationKind(
                f'dinov2{mark}-boq', backbone, 'boq', 322, 12288, 'boq-dinov2', boq, 'MIT'
            ),
        ]
    return kinds


def _resnets() -> list[FoundationKind]:
    kinds = [
        FoundationKind(
            'boq-resnet50', 'resnet50', 'boq', 384, 16384, 'boq-resnet',
            f'{_BOQ}resnet50_16384.pth', 'MIT',
        )
    ]  # fmt: skip
    kinds += [
        FoundationKind(f'mixvpr-resnet50-{dim}', 'resnet50', 'mixvpr', 320, dim, 'mixvpr')
        for dim in (128, 512, 4096)
    ]
    wide, narrow = (32, 64, 128, 256, 512, 1024, 2048), (32, 64, 128, 256, 512)
    published = {
        ('CosPlace', 'VGG16'): (64, 128, 256, 512),
        ('CosPlace', 'ResNet18'): narrow,
        ('CosPlace', 'ResNet50'): wide,
        ('CosPlace', 'ResNet101'): wide,
        ('CosPlace', 'ResNet152'): wide,
        ('EigenPlaces', 'VGG16'): (512,),
        ('EigenPlaces', 'ResNet18'): (256, 512),
        ('EigenPlaces', 'ResNet50'): (128, 256, 512, 1024, 2048),
        ('EigenPlaces', 'ResNet101'): (128, 256, 512, 1024, 2048),
    }
    for (method, backbone), dims in published.items():
        release = f'https://github.com/gmberton/{method}/releases/download/v1.0'
        for dim in dims:
            name = f'{method}-{backbone}-{dim}'.lower()
            url = f'{release}/{backbone}_{dim}_{method.lower()}.pth'
            kinds.append(
                FoundationKind(
                    name, backbone.lower(), 'cosplace', 512, dim, 'cosplace', url, 'MIT'
                )
            )
    return kinds


#: All whose files are published, by name.
FOUNDATION_KINDS = {kind.name: kind for kind in (*_dinov2(), *_resnets())}


def kind_by_name(name: str) -> FoundationKind:
    """Return a kind; ``gem-NAME`` is GeM on timm's network NAME.

    Raises:
        ConfigError: no such kind.
    """
    # A map's name of its network becomes a file name, and timm loads some names from elsewhere.
    if name.startswith(_GEM) and _TIMM_NAME.fullmatch(name[len(_GEM) :]):
        backbone = name[len(_GEM) :]
        return FoundationKind(name, f'timm:{backbone}', 'gem', 320, 0, 'timm')
    if name not in FOUNDATION_KINDS:
        raise ConfigError(
            f'unknown gallery network {name!r}; see `avpr models list`, such as dinov2-salad, '
            'dinov2-boq, megaloc, or gem- and a name of timm'
        )
    return FOUNDATION_KINDS[name]
