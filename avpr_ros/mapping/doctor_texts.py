# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Why each finding about a recording matters, and its remedy in one line."""

from __future__ import annotations

_TEXTS = {
    'source': ('Nothing can be read.', 'Follow the text of the finding.'),
    'storage': (
        'Messages may be missing from the map.',
        'Run "ros2 bag reindex" or "mcap recover", or copy the recording once more.',
    ),
    'images': ('Without images there is no map.', 'Name the image topic with --image-topic.'),
    'stamps': (
        'Poses are assigned to images by their stamps.',
        'Let the driver stamp images at exposure, with a clock that never goes back.',
    ),
    'time': (
        'Images without a time get no interpolated pose.',
        'Name the images by their time, or list them in poses.csv.',
    ),
    'decoding': (
        'Images that cannot be decoded are lost for the map.',
        'Record an encoding of docs/recordings.md, or restore the recording.',
    ),
    'pose stamps': ('Poses may be assigned to the wrong images.', 'Check the clock of the poses.'),
    'poses': (
        'Images without a pose are lost for the map.',
        'Record poses throughout the drive, on the clock of the images.',
    ),
    'choice of poses': (
        'Images without a pose are lost for the map.',
        'Name where the poses are with --pose-topic, --tum or --poses.',
    ),
    'rows': ('The rows that are skipped give no pose.', 'Correct the rows that are named.'),
    'rotation': (
        'A wrong heading makes keyframes face the wrong way.',
        'Give qx, qy, qz, qw, or yaw_rad or yaw_deg in the header.',
    ),
    'path': ('Keyframes are chosen by the distance.', 'Check unit and source of the positions.'),
    'motion': (
        'A wrong pose puts a place of the map where it is not.',
        'Split the drive at the jump, or take poses of a localisation that does not jump.',
    ),
    'fixes': ('These messages give no position.', 'Check the reception of the GNSS receiver.'),
    'heading': ('Keyframes need a heading.', 'Give poses with a heading, of odometry or SLAM.'),
    'frames': (
        'Poses of different frames do not fit into one map.',
        'Give poses in the frame of the map, or name it with --map-frame and --base-frame.',
    ),
    'transforms': (
        'The pose of a frame depends on which of its transforms is taken.',
        'Let a single node publish each transform.',
    ),
    'drives': ('Every place would be in the map twice.', 'Leave the drive out.'),
    'keyframes': ('A map needs at least two keyframes.', 'Record a longer drive.'),
    'camera': (
        'Metric poses need the camera model of these very images.',
        'Correct camera_info, or the name of the image topic, as the finding says.',
    ),
    'extrinsics': (
        'No metric pose of the robot can be computed from the images.',
        'Record /tf_static with the pose of the optical frame of the camera on the base.',
    ),
    'map extrinsics': (
        'Poses of the robot are wrong by this difference if the camera is mounted as before.',
        'Correct /tf_static, or build the map anew if its extrinsics are the wrong ones.',
    ),
    'map camera': (
        'With a wrong camera model no metric pose is accepted.',
        'Correct camera_info if it is the same camera.',
    ),
    'intrinsics': (
        'No landmarks and no metric poses can be computed.',
        'Calibrate the camera and record its camera_info beside the images.',
    ),
    'camera model': (
        'Metric poses are wrong, with a covariance that does not show it.',
        'Calibrate the camera; give rectified images a camera_info with their own P, and no D.',
    ),
    'optical frame': (
        'Every metric pose would be turned by the same wrong rotation.',
        'Publish the optical frame (x right, y down, z forward) as frame_id of the images.',
    ),
    'mirrored images': (
        'Features are matched with the wrong side, and poses are wrong.',
        'Switch the mirroring of the driver off, and record again.',
    ),
    'image geometry': (
        'Poses, camera model and extrinsics do not belong together, so landmarks are wrong.',
        'Check the stamps of images and poses, camera_info, and the pose of the optical frame.',
    ),
    'clock offset': (
        'Each image gets the pose of another moment.',
        'Synchronise the clocks (PTP, chrony) or correct the stamps of the images.',
    ),
    'unusable images': (
        'They match each other and no place.',
        'Do what the finding names, or leave this part of the drive out.',
    ),
    'blur': ('Blurred keyframes are hard to match.', 'Drive slower, or shorten the exposure.'),
    'exposure': (
        'A place looks different before and after.',
        'Limit or slow down the automatic exposure.',
    ),
    'frozen images': (
        'One image gets the poses of many places.',
        'Check cable, driver and load of the computer; leave this part of the drive out.',
    ),
    'duplicated images': (
        'One image gets two poses.',
        'Check that one driver publishes the topic and that it stamps each image once.',
    ),
}


def explanation(name: str) -> tuple[str, str]:
    """Return why a finding of this name matters, and its remedy."""
    return _TEXTS.get(name, ('The map may be worse than it could be.', 'See the finding.'))
