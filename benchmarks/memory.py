# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Resident memory of the node by the number of keyframes, without landmarks.

The map is that of ``avpr demo --output build/avpr_demo``, which is run where it is missing; copies
of it far away make it as large as wanted.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from avpr_ros.demo.bag_writer import TRUTH_TOPIC
from avpr_ros.demo.commands import MAP, RUN
from avpr_ros.demo.drives import SECOND
from avpr_ros.evaluation.runs.localization_log import read_run
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions
from benchmarks.results import ROOT, Row, print_table, write_results
from benchmarks.robot.node import Drive, jpeg_640x480, node_command, played
from benchmarks.robot.town import large_town_map

KEYFRAMES = (500, 10_000)
DEMO = ROOT / 'build' / 'avpr_demo'
NOTE = (
    'Resident memory of avpr_localizer after 20 s of images at 5 Hz, without landmarks; '
    'resident_files_mb: of it, '
    'pages of files (libraries, map), which the system may drop and which processes share. The '
    'maps are that of avpr demo and copies of it far away; a map of 512 dimensions takes two '
    'bytes for each further one and keyframe, 10 MB at 10,000. The libraries differ by machine '
    'and version, and so does the sum.'
)
COLUMNS = ('resident_mb', 'resident_files_mb')


def measure(keyframes: int, python: str, seconds: float) -> Row:
    """Play images of the second drive into a node with a map of so many keyframes."""
    source = open_source(DEMO / SECOND.name, SourceOptions(pose_topic=TRUTH_TOPIC))
    accepted = {image.stamp_ns for image in read_run(DEMO / RUN) if image.accepted}
    found_before = [frame for frame in source.frames() if frame.stamp_ns in accepted]
    # The node must accept the first one, from the middle of a track, by itself.
    images = [jpeg_640x480(frame.decode()) for frame in found_before[8::4]]
    gallery = GalleryMap.open(DEMO / MAP)
    folder = large_town_map(gallery, keyframes, 'avpr-demo')
    drive = Drive('memory', seconds, camera_hz=5.0)
    found = played(node_command(python, folder, None, drive), drive, images)
    size_mb = sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1e6
    return {
        'keyframes': keyframes,
        'dimensions': gallery.manifest.descriptor_space.dim,
        'map_mb': size_mb,
        **{name: found[name] for name in COLUMNS},
    }


def main() -> None:
    """Measure, print the table, write the result file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--quick', action='store_true', help='the smaller map, five seconds')
    parser.add_argument('--robot-python', default=sys.executable, help='runs the node')
    options = parser.parse_args()
    if not (DEMO / RUN).exists():
        command = [sys.executable, '-m', 'avpr_ros.cli.main', 'demo', '--output', str(DEMO)]
        subprocess.run(command, cwd=ROOT, check=True)
    rows = [
        measure(keyframes, options.robot_python, 5.0 if options.quick else 20.0)
        for keyframes in KEYFRAMES[: 1 if options.quick else None]
    ]
    print_table(rows, 'Memory by keyframes')
    write_results('memory', rows, quick=options.quick, note=NOTE)


if __name__ == '__main__':
    main()
