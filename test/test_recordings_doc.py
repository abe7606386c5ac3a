# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""docs/recordings.md states what the code does: each row of its tables has a test."""

from __future__ import annotations

import itertools
from pathlib import Path
import re

import pytest

from avpr_ros.errors import UnsupportedModelError
from avpr_ros.sources.frame import CameraIntrinsics
from avpr_ros.sources.images.encodings import (
    PIXEL_BYTES,
    SAME_LAYOUT,
    layout_of,
    why_no_picture,
    why_unsupported,
)
from avpr_ros.sources.intrinsics import check_intrinsics

PAGE = (Path(__file__).resolve().parent.parent / 'docs' / 'recordings.md').read_text('utf-8')
#: Without the tables of results, which are generated.
TEXT = re.sub(r'<!-- generated.*?<!-- end -->', '', PAGE, flags=re.DOTALL)


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table that begins with a heading."""
    lines = TEXT[TEXT.index(f'\n| {heading} |') + 1 :].split('\n\n')[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip('|').split('|')] for line in lines]


def names(cell: str) -> list[str]:
    return re.findall(r'`([^`]+)`', cell)


def test_table_of_encodings_is_complete() -> None:
    told = {name.lower() for cells in rows('encoding') for name in names(cells[0])}
    assert told - {'compressedimage'} == {*PIXEL_BYTES, *SAME_LAYOUT}
    assert all(layout_of(name.upper()) in PIXEL_BYTES for name in told - {'compressedimage'})


def test_refused_encodings_are_refused_for_that_reason() -> None:
    depth, video = rows('refused')[:2]
    for name in names(depth[0])[:3]:
        assert 'of depth or measurements' in why_unsupported(name)
    assert why_no_picture(names(depth[0])[3], b'') is not None
    for name in names(video[0])[:3]:
        assert f'{name} video' in (why_no_picture(name, b'') or '')


@pytest.mark.parametrize(('row', 'count'), [('plumb_bob', 4), ('equidistant', 4)])
def test_distortion_models_of_the_table_are_known(row: str, count: int) -> None:
    (cells,) = [cells for cells in rows('convention') if cells[0].startswith(f'`{row}`')]
    k = (30.0, 0.0, 16.0, 0.0, 30.0, 12.0, 0.0, 0.0, 1.0)
    for name in names(cells[0]):
        check_intrinsics(CameraIntrinsics(32, 24, name, k, (0.0,) * count))
    with pytest.raises(UnsupportedModelError):
        check_intrinsics(CameraIntrinsics(32, 24, 'double_sphere', k, ()))


#: Beginning of each row of the tables, and the file and name of a test of it.
TESTS = {
    'bag folder with `metadata.yaml`': 'bag:frames_have_header_stamps_poses_and_pixels',
    '`metadata.yaml` that does not name all': (
        'bag_recording:stale_metadata_hides_neither_files_nor_messages'
    ),
    '`metadata.yaml` that names a missing file': 'bag_recording:missing_file_of_metadata_is_named',
    '`metadata.yaml` of files that were': (
        'bag_recording:files_packed_or_unpacked_after_metadata_was_written_are_read'
    ),
    'file of 0 bytes': 'bag_recording:empty_split_is_named',
    '`.mcap`, `.db3`, ROS 1': 'bag_recording:compressed_file_and_capital_suffix_are_opened',
    '`.db3` with a write-ahead log': 'bag_recording:messages_in_the_write_ahead_log_are_read',
    'mcap without message index': 'mcap:file_without_message_index_is_read',
    'mcap without end mark': 'bag_reader:truncated_bag_is_refused_in_one_sentence',
    'mcap with JSON': 'mcap:other_encodings_are_left_out_and_listed',
    'type definitions for some': 'mcap:definitions_of_some_topics_are_enough',
    'messages whose bytes': 'bag_reader:a_damaged_message_is_left_out_and_counted',
    'fewer messages than': 'mcap:fewer_messages_than_the_statistics_count_is_a_warning',
    'splits in one folder': 'bag_recording:split_folder_without_metadata_is_one_recording',
    'separate drives in one folder': 'bag_recording:numbered_drives_far_apart_stay_separate',
    'parent of bag folders': 'bag_recording:parent_of_bags_lists_them',
    'archive, `.bag.active`': 'open:what_to_open_instead_is_named',
    'image folder with other formats': 'image_folder:images_that_are_not_read_are_counted',
    'one topic with messages of two types': 'mcap:topic_of_two_types_is_refused',
    'rows of a TUM or CSV file': 'pose_csv:rows_that_are_no_poses_are_skipped_and_counted',
    'TUM header that names': 'tum:bad_files_are_refused',
    'TUM or CSV in UTF-8': 'tum:text_encodings_of_editors',
    'CSV with comma': 'pose_csv:spreadsheets_export',
    'rows that name images': 'image_folder:names_are_matched_by_their_last_part',
    'CSV `yaw`, `roll`': (
        'pose_csv:degrees_below_a_full_turn_of_radians_are_recognised_by_the_course'
    ),
    'CSV rows with more': ('pose_csv:decimal_commas_beside_commas_between_the_fields_are_refused'),
    'CSV positions in': 'pose_csv:positions_in_another_unit_than_metres_are_refused',
    'CSV column that': 'pose_csv:column_of_a_rotation_that_is_not_read_is_named',
    'drive more than 10 km': 'mapping/drive_checks:a_drive_far_from_all_others_is_named',
    'data of 2, 3 or 4': 'decode:data_of_more_channels_than_the_encoding_has_is_refused',
    'an image whose width and height': (
        'localization/geometry/metric_pose:image_turned_by_a_quarter_turn_is_named'
    ),
    '`inverse_brown': (
        'camera_intrinsics:model_of_another_library_is_a_pinhole_without_coefficients'
    ),
    'images of a fisheye lens': (
        'mapping/camera_conventions:fisheye_images_with_the_pinhole_model_are_named'
    ),
    '`roi` in binned': 'camera_intrinsics:region_of_interest_in_binned_pixels_is_refused',
    'CSV `heading`,': 'pose_csv:headings_by_their_direction_over_ground',
    'CSV `yaw_rad` or': 'pose_csv:stated_unit_that_contradicts_the_course_is_a_warning',
    'two rows of one image': 'image_folder:two_rows_of_one_image_far_apart_are_refused',
    'a row without numbers': 'image_folder:a_row_without_numbers_gives_no_neighbours_pose',
    'GNSS without fix': 'geodesy:a_fix_at_latitude_and_longitude_zero_is_left_out',
    'GNSS with only impossible': 'geodesy:positions_outside_of_the_earth_are_refused',
    'GNSS in degrees and minutes': 'geodesy:fixes_that_are_no_positions_are_refused',
    'GNSS with a median altitude': 'geodesy:altitude_in_another_unit_is_refused',
    'poses whose stamps are all 0': 'bag_poses:pose_stamps_that_are_all_zero_are_an_error',
    'poses of a part of the drive': (
        'bag_poses:poses_that_begin_during_the_drive_are_not_to_be_interpolated'
    ),
    'positions that look like degrees': 'preflight:positions_that_look_like_degrees_are_a_warning',
    'several parent or child': 'pose_topics:two_child_frames_on_one_topic_are_refused_or_chosen',
    'two positions at one stamp': (
        'pose_track:two_positions_at_one_stamp_and_quaternions_of_zero_are_named'
    ),
    'positions that alternate': 'motion:two_publishers_less_than_a_jump_apart_are_an_error',
    'rotations that are all': 'pose_track:quaternions_with_w_in_front_are_a_warning',
    'quaternions that are all zero': (
        'pose_track:two_positions_at_one_stamp_and_quaternions_of_zero_are_named'
    ),
    'a camera more than 20 m': 'bag_cameras:extrinsics_in_millimetres_are_refused',
    'a frame with two parents': 'tf_chain:two_parents_that_disagree_are_an_error',
    'a fixed transform that': 'tf_chain:fixed_transform_given_twice_is_a_warning',
    'several drives, or a drive': (
        'mapping/drive_checks:drives_in_odometry_frames_of_their_own_are_refused'
    ),
    'a drive that is in the map': (
        'mapping/drive_checks:the_same_drive_twice_is_refused_unless_asked'
    ),
    'stamps of files and file names': 'pose_csv:unit_of_stamps',
    'times of files as date': 'tum:dates_and_times',
    'image names that are times': 'image_folder:names_that_are_no_times_among_times_are_left_out',
    'hidden files': 'image_folder:hidden_files_and_thumbnails_do_not_count',
    'one image an hour or more': 'bag_stamp_order:one_image_years_ahead_is_left_out',
    'images up to 1 s': 'bag_stamp_order:images_recorded_out_of_order_come_in_stamp_order',
    'images more than 1 s': 'bag_stamp_order:clock_that_jumps_back_is_an_error_with_numbers',
    'one camera far behind': 'bag_stamp_order:one_camera_behind_another_loses_no_image',
    'all stamps 0': 'bag_stamp_order:images_without_stamps_are_an_error',
    '`clock offset`': 'mapping/doctor:clock_offset_is_measured',
    '`optical frame` (error)': 'mapping/doctor:swapped_optical_frame_is_named',
    '`camera model` (error)': 'mapping/doctor:wrong_focal_length_is_named',
    '`optical frame`, `mirrored': 'mapping/doctor_images:faults_of_geometry_are_named',
    '`extrinsics`, `intrinsics`': ('mapping/doctor:missing_extrinsics_and_calibration_are_named'),
    '`unusable images`': 'mapping/doctor:faults_of_images_are_named',
    '`blur`': 'mapping/doctor:blur_of_images_far_apart_is_named',
    '`exposure`': 'mapping/doctor:faults_of_images_are_named',
    '`frozen images`': 'mapping/doctor:faults_of_images_are_named',
    '`mono8`, `8UC1`': 'decode:channels_end_up_as_rgb',
    '`rgb8`, `bgr8`': 'decode:channels_end_up_as_rgb',
    '`bayer_rggb8`': 'decode:bayer_patterns_give_back_the_colour',
    '`yuv422`': 'decode:yuv_follows_bt601',
    '`mono16`': 'decode:byte_order_that_contradicts_the_picture_is_not_believed',
    'JPEG, PNG of 8': 'decode_compressed:jpeg_without_its_last_bytes_is_decoded_with_one_warning',
    '`16UC1`': 'decode:depth_is_refused_as_depth',
    '`h264`': 'decode_compressed:video_and_depth_are_named',
    '`avif`': 'decode_compressed:formats_that_are_not_read_are_named',
    'other encodings': 'decode:bad_images_get_one_sentence',
    'a JPEG or PNG cut short': 'decode_compressed:pictures_cut_short_are_refused',
    'a topic with `Image`': 'bag_topics:topic_of_two_types_is_refused',
    'raw image': (
        'camera_intrinsics:raw_images_have_k_and_d_and_rectified_ones_p_without_distortion'
    ),
    'rectified image': (
        'camera_intrinsics:rectified_images_of_a_driver_without_p_have_k_without_distortion'
    ),
    'which of the two': 'camera_intrinsics:topic_name_tells_rectified_images',
    'a name that says neither': 'rectification:images_decide_whatever_the_name_of_their_topic',
    '`roi` and `binning`': 'camera_intrinsics:region_of_interest_is_moved_first_and_binned_then',
    '`camera_info` that changes in a bag': 'bag_cameras:camera_info_that_changes_is_refused',
    '`camera_info` that changes while': ('ros/localizer/camera_info:change_is_followed_and_named'),
    'K zero, P not': ('camera_intrinsics:p_stands_in_where_k_is_zero_and_nothing_where_both_are'),
    'K and P zero': 'bag_cameras:first_calibrated_camera_info_counts',
    'images of another size': (
        'localization/geometry/picture_check:part_without_region_of_interest_is_rejected'
    ),
    'a camera model that is not': (
        'localization/geometry/picture_check:'
        'camera_model_that_fits_worse_than_that_of_the_map_is_rejected'
    ),
    'mirrored images': 'localization/geometry/picture_check:mirrored_image_is_rejected',
    'size 0 x 0': 'camera_intrinsics:size_of_the_image_stands_in_for_0_x_0',
    '`plumb_bob`': 'camera_intrinsics:names_of_the_pinhole_model_are_known',
    '`equidistant`': 'camera_intrinsics:impossible_numbers_get_one_sentence',
    'another distortion model': (
        'camera_intrinsics:unknown_model_and_another_aspect_ratio_are_not_supported'
    ),
    'NaN, infinity': 'camera_intrinsics:impossible_numbers_get_one_sentence',
    'image names that are seconds since': (
        'image_folder:names_in_seconds_since_a_start_have_the_poses_of_these_times'
    ),
    'other image names': 'image_folder:names_that_are_no_times_have_an_exact_remedy',
    'a name that says raw or rectified': (
        'rectification:images_decide_whatever_the_name_of_their_topic'
    ),
    'extrinsics of a drive that differ': (
        'verification/drive_cameras:other_extrinsics_are_used_and_named'
    ),
    'camera model of a drive whose': 'verification/drive_cameras:another_camera_model_is_named',
    'a transform of `/tf_static` with NaN': (
        'bag_cameras:fixed_transform_that_is_no_pose_is_named'
    ),
}


def test_each_row_of_the_tables_has_a_test() -> None:
    root = Path(__file__).resolve().parent
    lines = [line for line in TEXT.splitlines() if line.startswith('| ')]
    heads = [line for line, below in itertools.pairwise(lines) if below[:5] == '| ---']
    first_cells = [
        line.strip('| ').split(' |')[0]
        for line in lines
        if line not in heads and not line.startswith('| ---')
    ]
    assert len(first_cells) > 70
    for cell in first_cells:
        assert sum(cell.startswith(begin) for begin in TESTS) == 1, cell
    for begin, test in TESTS.items():
        assert any(cell.startswith(begin) for cell in first_cells), begin
        place, name = test.split(':')
        folder, _, module = place.rpartition('/')
        path = root / (folder or 'sources') / f'test_{module}.py'
        assert re.search(rf'^def test_{name}\(', path.read_text('utf-8'), re.MULTILINE), test
