# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Folders of images: names, times, poses beside them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from small_bags import picture

from avpr_ros.errors import ImageDecodeError, SourceError
from avpr_ros.sources.images.image_folder import ImageFolderSource
from avpr_ros.sources.images.image_names import match_names
from avpr_ros.sources.options import SourceOptions

SECOND_NS = 1_000_000_000


def put(folder: Path, *names: str) -> Path:
    """Write pictures 0, 1, 2 ... under these names."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        assert cv2.imwrite(str(folder / name), picture(number))
    return folder


def test_csv_by_image_name_and_natural_order(tmp_path: Path) -> None:
    put(tmp_path / 'images', '2.png', '10.png', '1.png')
    rows = 'images/1.png,1\nimages/2.png,2\n10.png,10\nlost.png,5\n'
    (tmp_path / 'poses.csv').write_text(
        'image,x_m,y_m\n' + ''.join(f'{row},7\n' for row in rows.split())
    )
    source = ImageFolderSource(tmp_path, SourceOptions())

    frames = list(source.frames())

    assert [f.map_from_base.translation_m[0] for f in frames] == [1, 2, 10]
    assert [f.stamp_ns for f in frames] == [0, SECOND_NS, 2 * SECOND_NS]
    assert [int(f.decode()[0, 0, 0]) for f in frames] == [20, 0, 10]
    assert source.cameras[0].name == 'images'
    levels = {check.name: check.level for check in source.preflight().checks}
    assert levels == {
        **{'images': 'ok', 'stamps': 'ok', 'time': 'ok', 'rows': 'warning'},
        **{'rotation': 'warning', 'poses': 'ok', 'path': 'ok'},
    }


def test_images_without_a_row_have_no_pose(tmp_path: Path) -> None:
    put(tmp_path, 'a.png', 'b.png', 'c.png')
    (tmp_path / 'poses.csv').write_text('image,x,y,yaw\na.png,0,0,0\nc.png,2,0,0\n')
    source = ImageFolderSource(tmp_path, SourceOptions(max_gap_s=60.0))

    # b lies between a and c by name, but nothing says it does in time
    assert [f.stamp_ns // SECOND_NS for f in source.frames()] == [0, 2]
    assert len(list(source.images())) == 3
    check = next(c for c in source.preflight().checks if c.name == 'poses')
    assert (check.level, '2 of 3 images' in check.text) == ('warning', True)


def test_stamps_of_the_csv_order_the_images(tmp_path: Path) -> None:
    put(tmp_path, 'a.png', 'b.png')
    (tmp_path / 'poses.csv').write_text(
        'image,stamp_s,x,y,yaw\na.png,9.5,0,0,0\nb.png,3.25,1,0,0\n'
    )

    frames = list(ImageFolderSource(tmp_path, SourceOptions()).frames())

    assert [f.stamp_ns for f in frames] == [3_250_000_000, 9_500_000_000]
    assert [int(f.decode()[0, 0, 0]) for f in frames] == [10, 0]


def test_two_cameras_of_one_rig_named_by_time(tmp_path: Path) -> None:
    stamps = [1_403_715_280_562_142_976 + n * SECOND_NS for n in range(3)]
    for camera in ('cam0', 'cam1'):
        put(tmp_path / camera, *(f'{stamp}.png' for stamp in stamps))
    (tmp_path / 'poses.csv').write_text(
        'stamp_ns,x_m,y_m\n' + ''.join(f'{stamp},{n},0\n' for n, stamp in enumerate(stamps))
    )
    options = SourceOptions(image_topics=('cam1', 'cam0'), base_frame='cam0')
    source = ImageFolderSource(tmp_path, options)

    frames = list(source.frames())

    assert [f.stamp_ns for f in frames] == [stamp for stamp in stamps for _ in range(2)]
    assert [f.camera for f in frames] == ['cam1', 'cam0'] * 3
    assert source.base_frame == 'cam0'
    assert [c.name for c in source.cameras] == ['cam1', 'cam0']
    with pytest.raises(
        SourceError, match=r'2 folders of images \(cam0, cam1\): choose with --image-topic'
    ):
        ImageFolderSource(tmp_path, SourceOptions())
    with pytest.raises(
        SourceError, match=r'cam7 is not a folder .*; folders with images: cam0, cam1'
    ):
        ImageFolderSource(tmp_path, SourceOptions(image_topics=('cam7',)))


def test_poses_between_images_are_interpolated(tmp_path: Path) -> None:
    put(tmp_path / 'rgb', '1305031102.175304.png', '1305031102.275326.png')
    tum = tmp_path / 'groundtruth.txt'
    tum.write_text(
        '# timestamp tx ty tz qx qy qz qw\n'
        '1305031102.125304 0 0 0 0 0 0 1\n1305031102.375304 5 0 0 0 0 0 1\n'
    )
    frames = list(ImageFolderSource(tmp_path, SourceOptions(tum_file=tum)).frames())

    x = [f.map_from_base.translation_m[0] for f in frames]
    assert x == pytest.approx([1.0, 5 * 0.150022 / 0.25])


def test_positions_in_names(tmp_path: Path) -> None:
    put(
        tmp_path,
        '@584721.5@4477332.2@17@T@@@@@0@@@@@@.png',
        '@584731.5@4477332.2@17@T@@@@@@@@@@@.png',
    )
    source = ImageFolderSource(tmp_path, SourceOptions())

    positions = [f.map_from_base.translation_m for f in source.frames()]
    np.testing.assert_allclose(positions, [[0, 0, 0], [10, 0, 0]], atol=1e-6)
    assert source.geodetic_origin is not None
    assert source.pose_source == 'UTM positions in image names'
    assert any(c.name == 'rotation' for c in source.preflight().checks)


def test_images_alone_and_broken_ones(tmp_path: Path) -> None:
    put(tmp_path, 'a.png', 'b.png', 'c.png')
    (tmp_path / 'b.png').write_bytes((tmp_path / 'b.png').read_bytes()[:-20])
    with pytest.raises(SourceError, match='has no poses: give a CSV or TUM file'):
        ImageFolderSource(tmp_path, SourceOptions())
    source = ImageFolderSource(tmp_path, SourceOptions(poses_wanted=False))

    first, broken, last = source.images()

    np.testing.assert_array_equal(first.decode()[:, :, ::-1], picture(0))
    with pytest.raises(ImageDecodeError, match=r'b\.png.* cut short'):
        broken.decode()
    (tmp_path / 'c.png').unlink()
    with pytest.raises(ImageDecodeError, match=r'c\.png cannot be read'):
        last.decode()
    assert source.preflight().ok


def test_a_folder_has_no_topics(tmp_path: Path) -> None:
    put(tmp_path, 'a.png')

    with pytest.raises(SourceError, match='has no topics'):
        ImageFolderSource(tmp_path, SourceOptions(pose_topic='/odom'))


def test_no_row_fits_any_image(tmp_path: Path) -> None:
    put(tmp_path, 'a.png')
    (tmp_path / 'poses.csv').write_text('image,x,y\nother.png,0,0\n')

    with pytest.raises(SourceError, match=r"it names 'other.png', and the first of 1 .* 'a.png'"):
        ImageFolderSource(tmp_path, SourceOptions())


@pytest.mark.parametrize(
    'written', ['/data/run/{}.png', 'D:\\run\\{}.PNG', '{}.jpg', 'frame_00{}']
)
def test_names_are_matched_by_their_last_part(tmp_path: Path, written: str) -> None:
    numbers = ('08', '9', '010')
    put(
        tmp_path / 'images',
        *(f'Frame_{n}.png' if 'frame' in written else f'{n}.png' for n in numbers),
    )
    rows = [f'{written.format(int(n))},{int(n)},7' for n in numbers]
    (tmp_path / 'poses.csv').write_text('\n'.join(['image,x,y', *rows]))
    source = ImageFolderSource(tmp_path, SourceOptions())

    assert [frame.map_from_base.translation_m[0] for frame in source.frames()] == [8, 9, 10]
    texts = [check.text for check in source.preflight().checks if check.level == 'warning']
    assert any('are matched by the last part of names' in text for text in texts)


def test_names_that_several_images_share_are_not_guessed(tmp_path: Path) -> None:
    images = [tmp_path / name for name in ('a/1.png', 'b/1.png', 'a/2.5.png', 'a/3.05.png')]
    rows = {'run/1.png': 0, 'run/2.5.png': 1, 'run/3.5.png': 2}

    assert match_names(tmp_path, images, rows).rows == [None, None, 1, None]


@pytest.mark.parametrize('digits', [13, 16, 19])
def test_names_are_times_in_any_unit(tmp_path: Path, digits: int) -> None:
    names = [f'{1403715280562142976 + n * SECOND_NS}'[:digits] + '.png' for n in range(2)]
    source = ImageFolderSource(put(tmp_path, *names), SourceOptions(poses_wanted=False))

    stamps = [image.stamp_ns // 1_000_000 for image in source.images()]

    assert stamps == [1403715280562, 1403715281562]


def test_names_in_seconds_since_a_start_have_the_poses_of_these_times(tmp_path: Path) -> None:
    put(tmp_path, '98.950.png', '101.450.png', '123.45.png')
    tum = tmp_path / 'poses.txt'
    tum.write_text('98.95 1 0 0 0 0 0 1\n101.45 2 0 0 0 0 0 1\n123.45 4 0 0 0 0 0 1\n')
    source = ImageFolderSource(tmp_path, SourceOptions(tum_file=tum))

    assert [f.stamp_ns // 10_000_000 for f in source.frames()] == [9895, 10145, 12345]
    assert [f.map_from_base.translation_m[0] for f in source.frames()] == [1, 2, 4]


def test_numbers_with_decimals_need_not_be_times_beside_poses_by_name(tmp_path: Path) -> None:
    names = [f'3.{number:02d}.png' for number in range(1, 9)]
    put(tmp_path, *names)
    rows = ''.join(f'{name},{row},0,0\n' for row, name in enumerate(names))
    (tmp_path / 'poses.csv').write_text('image,x,y,yaw\n' + rows)
    source = ImageFolderSource(tmp_path, SourceOptions())

    # 1 m in 0.01 s would be no motion of a robot
    assert [f.map_from_base.translation_m[0] for f in source.frames()] == list(range(8))
    assert all(check.level != 'error' for check in source.preflight().checks)


def test_names_that_are_no_times_have_an_exact_remedy(tmp_path: Path) -> None:
    put(tmp_path, 'a1.png', 'a2.png')
    (tmp_path / 'poses.txt').write_text('98.95 1 0 0 0 0 0 1\n101.45 2 0 0 0 0 0 1\n')
    options = SourceOptions(tum_file=tmp_path / 'poses.txt')
    checks = ImageFolderSource(tmp_path, options).preflight().checks
    assert 'name images by seconds with two decimals or more (123.45.jpg)' in next(
        check.text for check in checks if check.name == 'time'
    )


def test_counters_with_leading_zeros_are_no_times(tmp_path: Path) -> None:
    folder = put(tmp_path, '0000000001.png', '0000000002.png')
    source = ImageFolderSource(folder, SourceOptions(poses_wanted=False))

    assert [image.stamp_ns for image in source.images()] == [0, SECOND_NS]


def test_hidden_files_and_thumbnails_do_not_count(tmp_path: Path) -> None:
    names = [f'{1403715280562142976 + n * SECOND_NS}.png' for n in range(12)]
    put(tmp_path / 'cam', *names, '._x.jpg', 'notes.jpg')
    put(tmp_path / '.thumbs', *names)
    put(tmp_path / 'thumbs', *names)
    source = ImageFolderSource(tmp_path, SourceOptions(poses_wanted=False))

    assert len(list(source.images())) == 12
    text = next(c.text for c in source.preflight().checks if c.level == 'warning')
    assert text.startswith('1 images, the first notes.jpg')


def test_two_rows_of_one_image_far_apart_are_refused(tmp_path: Path) -> None:
    put(tmp_path, 'a.png', 'b.png')
    table = tmp_path / 'poses.csv'
    table.write_text('image,x,y\na.png,0,0\nb.png,1,0\na.png,50,0\n')

    with pytest.raises(SourceError, match=r'two rows of image a.png, 50.0 m apart'):
        ImageFolderSource(tmp_path, SourceOptions())
    table.write_text('image,x,y\na.png,0,0\nb.png,1,0\na.png,0,0\n')
    assert len(list(ImageFolderSource(tmp_path, SourceOptions()).frames())) == 2


def test_a_row_without_numbers_gives_no_neighbours_pose(tmp_path: Path) -> None:
    names = [f'{1403715280562 + n}.png' for n in range(3)]
    put(tmp_path, *names)
    rows = ['image,stamp_ns,x,y'] + [
        f'{name},{1403715280562 + n},{"nan" if n == 1 else n},0' for n, name in enumerate(names)
    ]
    (tmp_path / 'poses.csv').write_text('\n'.join(rows))

    frames = list(ImageFolderSource(tmp_path, SourceOptions()).frames())

    assert [frame.map_from_base.translation_m[0] for frame in frames] == [0, 2]
    assert [frame.stamp_ns // 1_000_000 for frame in frames] == [1403715280562, 1403715280564]


@pytest.mark.parametrize('header', ['image,x,y', 'image,stamp_s,x,y'])
def test_a_pose_far_from_the_path_is_left_out(tmp_path: Path, header: str) -> None:
    put(tmp_path, *(f'{n}.png' for n in range(20)))
    xs = [1_000_000 if n == 7 else n + 40 * (n > 14) for n in range(20)]  # a gap after 14 is none
    stamp = '{},' if 'stamp' in header else ''
    rows = [
        f'{n}.png,{stamp.format(1_700_000_000 + n + 10 * (n > 14))}{x},0' for n, x in enumerate(xs)
    ]
    (tmp_path / 'poses.csv').write_text('\n'.join([header, *rows]))
    source = ImageFolderSource(tmp_path, SourceOptions())

    assert [frame.map_from_base.translation_m[0] for frame in source.frames()] == [
        x for x in xs if x < 1000
    ]
    (check,) = (check for check in source.preflight().checks if check.name == 'motion')
    assert '1 poses of poses file' in check.text


def test_names_that_are_no_times_among_times_are_left_out(tmp_path: Path) -> None:
    names = [f'{1403715280562142976 + n * SECOND_NS}.png' for n in range(20)]
    source = ImageFolderSource(
        put(tmp_path, *names, 'cover.png'), SourceOptions(poses_wanted=False)
    )

    assert len(list(source.images())) == 20
    checks = [check for check in source.preflight().checks if check.name == 'time']
    assert [check.level for check in checks] == ['warning']
    assert '1 images, the first cover.png, have no time as name' in checks[0].text


def test_images_that_are_not_read_are_counted(tmp_path: Path) -> None:
    put(tmp_path, *(f'{second}.5.jpg' for second in range(1_700_000_000, 1_700_000_003)))
    put(tmp_path / 'more', '1700000004.5.jpg')
    (tmp_path / '1700000003.5.TIF').touch()
    (tmp_path / '1700000005.5.jpg').symlink_to(tmp_path / 'nowhere')
    (tmp_path / 'poses.tum').write_text('1700000000 0 0 0 0 0 0 1\n1700000006 6 0 0 0 0 0 1\n')

    source = ImageFolderSource(tmp_path, SourceOptions(tum_file=tmp_path / 'poses.tum'))

    warnings = [c.text for c in source.preflight().checks if c.level == 'warning']
    assert sum(1 for _ in source.images()) == 3
    assert any(
        text.startswith('Not read: 1 images of other formats (.TIF); 1 links to missing files')
        and '1 images in folder more, which --image-topic chooses' in text
        for text in warnings
    )


def test_folder_of_another_format_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / '0.bmp').touch()

    with pytest.raises(SourceError, match=r'1 images of other formats \(\.bmp\).*convert them'):
        ImageFolderSource(tmp_path, SourceOptions())


def test_poses_beside_the_images_of_the_only_folder_are_read(tmp_path: Path) -> None:
    put(tmp_path / 'images', '1.png', '2.png')
    (tmp_path / 'images' / 'poses.csv').write_text('image,x_m,y_m\n1.png,1,7\n2.png,2,7\n')

    source = ImageFolderSource(tmp_path, SourceOptions())

    assert [frame.map_from_base.translation_m[0] for frame in source.frames()] == [1, 2]
