# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Rendered images of towns and office storeys in many lights.

The towns have other seeds than that of the demo. The office has one plan only, so that figures of
``embedded-fixed`` in the office would be of a building that it has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import cv2
import numpy as np

from avpr_ros.arrays import RgbImage
from simulation.drives.drives import Driving
from simulation.drives.record import Recordable
from simulation.drives.scenario import FULL, DriveSpec
from simulation.office.lamps import LATE_EVENING, NIGHT_WATCH, WORKING_DAY
from simulation.office.scenario import MAPPING, OfficeDrive
from simulation.rendering.night import NIGHT
from simulation.town.town import TownSpec
from simulation.town.weather import EVENING, MORNING, WINTER

#: Seeds of the towns; the demo's is 7.
TOWN_SEEDS = (101, 102, 103)
STOREYS = (0, 1, 2)
TOWN_LIGHTS = (MORNING, EVENING, WINTER, NIGHT)
OFFICE_LIGHTS = (WORKING_DAY, LATE_EVENING, NIGHT_WATCH)
IMAGES_OF_TOWN, IMAGES_OF_STOREY = 16, 8
_ROUTE = ((0, 0), (1, 0), (1, 1), (2, 1), (2, 2), (1, 2), (0, 2), (0, 1))


def drives() -> list[tuple[Recordable, int]]:
    """Return drives and the number of images that are taken evenly along each."""
    towns = [
        (_town(seed, light, FULL.mapping), IMAGES_OF_TOWN)
        for seed in TOWN_SEEDS
        for light in range(len(TOWN_LIGHTS))
    ]
    storeys = [
        (_storey(storey, light), IMAGES_OF_STOREY)
        for storey in STOREYS
        for light in range(len(OFFICE_LIGHTS))
    ]
    return [*towns, *storeys]


def rendered(drive: Recordable, count: int) -> Iterator[RgbImage]:
    """Render the (H, W, 3) images of a drive."""
    driven, painter = drive.drive(), drive.painter()
    times_s = driven.image_times_s()
    for number, frame in enumerate(np.linspace(0, len(times_s) - 1, count).astype(int)):
        jpeg = painter.paint(number, float(times_s[frame]))
        image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        yield np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def _town(seed: int, light: int, like: DriveSpec) -> DriveSpec:
    number = 10 * seed + light
    return replace(
        like,
        name=f'town{seed}_{TOWN_LIGHTS[light].name}',
        town=TownSpec(3, 3, seed),
        route=_ROUTE,
        driving=Driving(6.0, 3.0, 0.6, 0.35, 0.04, number),
        weather=TOWN_LIGHTS[light],
        parked_share=0.2 + 0.1 * light,
        met_per_km=12.0,
        seed=number,
    )


def _storey(storey: int, light: int) -> OfficeDrive:
    number = 10 * storey + light
    driving = replace(MAPPING[0].driving, offset_m=0.1 * light, seed=200 + number)
    return replace(
        MAPPING[0],
        name=f'storey{storey}_{OFFICE_LIGHTS[light].name}',
        storey=storey,
        driving=driving,
        lighting=OFFICE_LIGHTS[light],
        open_share=0.1 + 0.2 * light,
        seed=300 + number,
    )
