# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A folder of images with poses, and the examples as modules."""

from __future__ import annotations

from collections.abc import Callable
import importlib.util
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from avpr_ros.training import held_out

EXAMPLES = Path(__file__).resolve().parents[2] / 'examples'
IMAGES = 8


@pytest.fixture(autouse=True)
def short_trainings(monkeypatch: pytest.MonkeyPatch, empty_figures: None) -> None:
    """Fewer held-out views, which cost more than two steps, and figures that are not drawn."""
    monkeypatch.setattr(held_out, 'VIEWS', 10)


@pytest.fixture
def example() -> Callable[[str], ModuleType]:
    """Return a function that imports an example by its name."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, EXAMPLES / f'{name}.py')
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope='session')
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight images of random boxes, one metre apart along x."""
    folder = tmp_path_factory.mktemp('example') / 'walk'
    folder.mkdir()
    random = np.random.default_rng(0)
    lines = ['image,x_m,y_m,z_m,qx,qy,qz,qw']
    for number in range(IMAGES):
        image = np.full((120, 160, 3), random.integers(0, 255, 3), np.uint8)
        for _ in range(40):
            corner = random.integers(0, (160, 120))
            colour = random.integers(0, 255, 3).tolist()
            cv2.rectangle(image, corner, corner + random.integers(5, 40, 2), colour, -1)
        cv2.imwrite(str(folder / f'{number:03d}.png'), image)
        lines.append(f'{number:03d}.png,{number},0,0,0,0,0,1')
    (folder / 'poses.csv').write_text('\n'.join(lines) + '\n')
    return folder
