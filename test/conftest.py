# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""A synthetic drive, a describer that needs no network, and maps made of both."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
import re

import numpy as np
import pytest

from avpr_ros.arrays import Descriptors, RgbImage
from avpr_ros.errors import ImageDecodeError
from avpr_ros.gallery.describer import Progress
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera, Frame, GeodeticOrigin, StampedImage
from avpr_ros.sources.preflight import Preflight, PreflightCheck

DIM = 32
SECOND_NS = 1_000_000_000
#: Limit of a slow test, which a loaded machine may stretch; of the others: see pyproject.toml.
SLOW_TIMEOUT_S = 600


#: Without torch, on a robot, tests of the offline side are not collected.
OFFLINE = (
    *('api', 'cli', 'demo', 'evaluation', 'examples', 'fuzz', 'mapping', 'networks', 'simulation'),
    *('training', 'test_benchmarks.py', 'test_docs_commands.py', 'test_repository_files.py'),
)
collect_ignore = [] if find_spec('torch') else list(OFFLINE)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Skip a file of tests that imports a package of the offline side, where there is none."""
    report = yield
    missing = re.search(r"No module named '(\w+)", str(report.longrepr))
    if report.outcome == 'failed' and missing and collect_ignore:
        report.outcome = 'skipped'
        report.longrepr = (str(collector.path), 0, f'Skipped: needs {missing.group(1)}')
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give slow tests a longer time limit."""
    for item in items:
        if item.get_closest_marker('slow') and item.get_closest_marker('timeout') is None:
            item.add_marker(pytest.mark.timeout(SLOW_TIMEOUT_S))


class SyntheticDrive:
    """One frame a second; the image has one grey level per place, and a bright window."""

    def __init__(
        self,
        poses: Sequence[Pose],
        name: str = 'drive',
        map_frame: str = 'map',
        cameras: tuple[Camera, ...] = (Camera('front', '/front/image', None, None),),
        undecodable: Sequence[int] = (),
        geodetic_origin: GeodeticOrigin | None = None,
    ) -> None:
        self.name = name
        self.map_frame = map_frame
        self.base_frame = 'base_link'
        self.pose_source = 'made up'
        self.cameras = cameras
        self.geodetic_origin = geodetic_origin
        self.decoded: list[int] = []
        self._poses = list(poses)
        self._undecodable = set(undecodable)

    def preflight(self) -> Preflight:
        stamps_ns = np.arange(len(self._poses), dtype=np.int64) * SECOND_NS
        return Preflight((PreflightCheck('images', 'ok', 'fine'),), stamps_ns, self._poses)

    def images(self) -> Iterator[StampedImage]:
        for frame in self.frames():
            yield StampedImage(frame.stamp_ns, frame.camera, frame.decode)

    def frames(self) -> Iterator[Frame]:
        for number, pose in enumerate(self._poses):
            camera = self.cameras[number % len(self.cameras)].name
            yield Frame(number * SECOND_NS, camera, pose, lambda n=number: self._decode(n))

    def _decode(self, number: int) -> RgbImage:
        if number in self._undecodable:
            raise ImageDecodeError(f'image {number} is broken')
        self.decoded.append(number)
        image = np.full((24, 36, 3), number, np.uint8)
        image[10:18, 14:28] = (number + 128) % 256
        return image


class GreyDescriber:
    """Image of grey level g becomes the unit vector along axis g (modulo 32)."""

    network = 'grey'

    def describe_gallery(
        self, images: Callable[[], Iterable[RgbImage]], count: int, progress: Progress
    ) -> tuple[DescriptorSpace, Descriptors]:
        levels = [int(image[0, 0, 0]) for image in images()]
        again = [int(image[0, 0, 0]) for image in images()]
        assert levels == again
        assert len(levels) == count
        progress('describing', count, count)
        space = DescriptorSpace.create(self.network, DIM, 16, {'axes': np.eye(2)})
        return space, np.eye(DIM, dtype=np.float32)[np.array(levels, dtype=int) % DIM]


@pytest.fixture
def empty_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures of reports that are not drawn: that takes far longer than to build a small map."""
    monkeypatch.setattr(
        'matplotlib.figure.Figure.savefig', lambda _, file, **options: file.write(b'<svg/>')
    )


@pytest.fixture
def straight_drive() -> SyntheticDrive:
    """Twenty frames, one metre apart, along x."""
    return SyntheticDrive([Pose.from_xy_yaw(float(x), 0.0, 0.0) for x in range(20)])


@pytest.fixture
def drive_class() -> type[SyntheticDrive]:
    return SyntheticDrive


@pytest.fixture
def describer() -> GreyDescriber:
    return GreyDescriber()


@pytest.fixture
def gallery(
    tmp_path: Path, straight_drive: SyntheticDrive, describer: GreyDescriber
) -> GalleryMap:
    """A map of the straight drive: 20 keyframes with orthogonal descriptors."""
    return build_map(straight_drive, describer, tmp_path / 'map', BuildSettings())


@pytest.fixture
def make_gallery(tmp_path: Path) -> Callable[[Descriptors, Sequence[Pose]], GalleryMap]:
    """Return a function that makes a map of given descriptors at given poses."""

    def make(
        rows: Descriptors,
        poses: Sequence[Pose],
        cameras: tuple[Camera, ...] = (Camera('front', '/front/image', None, None),),
        min_distance_m: float = 0.0,
    ) -> GalleryMap:
        class Given:
            network = 'given'

            def describe_gallery(
                self, images: object, count: int, progress: Progress
            ) -> tuple[DescriptorSpace, Descriptors]:
                return DescriptorSpace.create('given', rows.shape[1], 16, {}), rows

        settings = BuildSettings(min_distance_m=min_distance_m, replace=True)
        drive = SyntheticDrive(poses, cameras=cameras)
        return build_map(drive, Given(), tmp_path / 'given_map', settings)

    return make
