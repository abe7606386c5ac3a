# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from avpr_ros.errors import MapError, OutputBusyError, SourceError, SpaceMismatchError
from avpr_ros.gallery.descriptor_space import DescriptorSpace
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.mapping.duplicate_drives import duplicate_of_map
from avpr_ros.mapping.map_append import append_to_map
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.poses import Pose
from avpr_ros.sources.frame import Camera


@pytest.fixture
def second_drive(drive_class):
    return drive_class([Pose.from_xy_yaw(x, 5.0, 0.0) for x in range(6)], name='second')


def test_a_grown_map_keeps_its_rows_and_ids_and_is_the_next_revision(
    gallery, second_drive, describer
):
    before = gallery.manifest
    old_rows, old_poses = np.array(gallery.descriptors), gallery.keyframes.poses.copy()
    grown = append_to_map(gallery, [second_drive], describer, BuildSettings())
    assert grown.path == gallery.path
    assert len(grown) == 26
    assert (grown.manifest.map_id, grown.manifest.revision) == (before.map_id, 2)
    assert [s.name for s in grown.manifest.sessions] == ['drive', 'second']
    assert grown.manifest.descriptor_space == before.descriptor_space
    np.testing.assert_array_equal(grown.descriptors[:20], old_rows)
    np.testing.assert_array_equal(grown.keyframes.poses[:20], old_poses)
    assert grown.keyframes.ids.tolist() == list(range(26))
    assert grown.keyframes.sessions.tolist() == [0] * 20 + [1] * 6
    assert grown.index.size == 26
    assert abs(int(grown.thumbnail(7)[3, 3, 0]) - 7) <= 2
    assert abs(int(grown.thumbnail(23)[3, 3, 0]) - 3) <= 2
    GalleryMap.open(grown.path, verify=True)


def test_ids_are_never_given_twice(gallery, second_drive, describer):
    grown = append_to_map(gallery, [second_drive], describer, BuildSettings())
    again = append_to_map(grown, [second_drive], describer, BuildSettings())
    assert again.manifest.revision == 3
    assert again.keyframes.ids.tolist() == list(range(32))


def test_a_camera_known_to_the_map_is_not_listed_again(gallery, drive_class, describer):
    other = Camera('rear', '/rear/image', None, None)
    drive = drive_class(
        [Pose.from_xy_yaw(x // 2, 9.0, 0.0) for x in range(8)],
        cameras=(*gallery.manifest.cameras, other),
    )
    grown = append_to_map(gallery, [drive], describer, BuildSettings())
    assert [camera.name for camera in grown.manifest.cameras] == ['front', 'rear']
    assert grown.keyframes.cameras[20:].tolist() == [0, 1] * 4


def test_drives_in_another_frame_are_refused_and_the_map_stays(gallery, drive_class, describer):
    drive = drive_class([Pose.identity()], name='second', map_frame='other')
    with pytest.raises(SourceError, match='and second differ in map_frame'):
        append_to_map(gallery, [drive], describer, BuildSettings())
    assert GalleryMap.open(gallery.path).manifest.revision == 1


def test_another_descriptor_space_is_refused_and_the_map_stays(gallery, second_drive):
    class Other:
        network = 'grey'

        def describe_gallery(self, images, count, progress):
            rows = np.eye(32, dtype=np.float32)[:count]
            return DescriptorSpace.create('grey', 32, 16, {'axes': np.eye(3)}), rows

    with pytest.raises(SpaceMismatchError, match='have descriptor space'):
        append_to_map(gallery, [second_drive], Other(), BuildSettings())
    assert GalleryMap.open(gallery.path).manifest.revision == 1


def test_append_failure_keeps_old_map(gallery, second_drive):
    class Failing:
        network = 'grey'

        def describe_gallery(self, images, count, progress):
            raise OSError(28, 'No space left on device')

    with pytest.raises(MapError, match='No space left'):
        append_to_map(gallery, [second_drive], Failing(), BuildSettings())
    assert len(GalleryMap.open(gallery.path)) == 20
    assert [path.name for path in gallery.path.parent.iterdir()] == [gallery.path.name]


def test_append_drive_without_usable_images_is_an_error(gallery, drive_class, describer):
    with pytest.raises(SourceError, match='no image has a pose'):
        append_to_map(gallery, [drive_class([], name='empty')], describer, BuildSettings())


class _Labelled:
    """A drive whose frames come in pairs of one place."""

    def __init__(self, drive, labelled: int) -> None:
        self._drive, self._labelled = drive, labelled

    def __getattr__(self, name):
        return getattr(self._drive, name)

    def frames(self):
        for number, frame in enumerate(self._drive.frames()):
            yield replace(frame, place=number // 2 if number < self._labelled else None)


def test_places_that_a_dataset_names_are_kept_and_stay_apart(tmp_path, second_drive, describer):
    gallery = build_map(_Labelled(second_drive, 6), describer, tmp_path / 'named', BuildSettings())
    assert gallery.keyframes.places.tolist() == [0, 0, 1, 1, 2, 2]
    grown = append_to_map(gallery, [_Labelled(second_drive, 6)], describer, BuildSettings())
    assert grown.keyframes.places.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    grown = append_to_map(grown, [second_drive], describer, BuildSettings())
    assert grown.keyframes.places is None


def test_places_of_a_part_only_are_no_places(tmp_path, second_drive, describer):
    drive = _Labelled(second_drive, 4)
    gallery = build_map(drive, describer, tmp_path / 'part', BuildSettings())
    assert gallery.keyframes.places is None


def test_the_second_of_two_appends_is_refused_and_the_first_stays(
    gallery, second_drive, describer
):
    again = GalleryMap.open(gallery.path)
    append_to_map(gallery, [second_drive], describer, BuildSettings())
    with pytest.raises(MapError, match='was changed since it was opened as revision 1'):
        append_to_map(again, [second_drive], describer, BuildSettings())
    assert GalleryMap.open(gallery.path).manifest.revision == 2


def test_a_map_that_changes_while_a_drive_is_added_stays(gallery, second_drive, describer):
    def change(_: GalleryMap) -> None:
        replace(gallery.manifest, revision=9).save(gallery.path)

    with pytest.raises(MapError, match='was changed since it was opened'):
        append_to_map(gallery, [second_drive], describer, BuildSettings(), finish=change)
    assert GalleryMap.open(gallery.path).manifest.revision == 9


def test_an_append_during_an_append_is_refused(gallery, second_drive, describer):
    def again(_: GalleryMap) -> None:
        append_to_map(gallery, [second_drive], describer, BuildSettings())

    with pytest.raises(OutputBusyError, match='by another process'):
        append_to_map(gallery, [second_drive], describer, BuildSettings(), finish=again)
    assert GalleryMap.open(gallery.path).manifest.revision == 1


def test_a_drive_is_recognised_by_its_content_whatever_its_name(gallery, drive_class):
    poses = [Pose.from_xy_yaw(float(x), 0.0, 0.0) for x in range(20)]
    for drive in (drive_class(poses, name='other'), drive_class(poses[:8], name='first part')):
        stamps_ns = drive.preflight().stamps_ns
        (check,) = duplicate_of_map(drive, stamps_ns, gallery)
        assert 'the same drive as session drive of the map map' in check.text

    class Brighter(drive_class):
        def _decode(self, number):
            return super()._decode(number) + np.uint8(40)

    drive = Brighter(poses, name='drive')
    assert duplicate_of_map(drive, drive.preflight().stamps_ns, gallery) == ()
