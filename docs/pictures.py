# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Draw the pictures of the demo in README and docs from the folder of ``avpr demo``.

    avpr demo --output build/avpr_demo
    python docs/pictures.py build/avpr_demo

Writes ``docs/images/demo.gif``, ``demo.png``, the last picture of it, and, where there is a
display (``xvfb-run``), ``rerun.jpg``, the viewer's window.
"""

from __future__ import annotations

from collections.abc import Sequence
import io
import os
from pathlib import Path
import subprocess
import sys
import tempfile

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from avpr_ros.arrays import RgbImage
from avpr_ros.demo.bag_writer import TRUTH_TOPIC
from avpr_ros.demo.commands import MAP, RUN
from avpr_ros.demo.drives import SECOND
from avpr_ros.evaluation.reports.plots import BAD, GOOD
from avpr_ros.evaluation.runs.localization_log import RunImage, read_run
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.sources.open import open_source
from avpr_ros.sources.options import SourceOptions

OUTPUT = Path(__file__).resolve().parent / 'images'
#: Every fourth image is shown, four a second.
EVERY, MS_EACH = 4, 250
MOST_BYTES = 1_500_000
_COLOURS = 64
_WINDOW_PX = (1200, 720)


def main(folder: Path) -> None:
    """Draw both."""
    gallery, run = GalleryMap.open(folder / MAP), read_run(folder / RUN)
    source = open_source(folder / SECOND.name, SourceOptions(pose_topic=TRUTH_TOPIC))
    frames = [
        frame(gallery, run[: number + 1], image.decode())
        for number, image in enumerate(source.images())
        if number % EVERY == 0 or number == len(run) - 1
    ]
    frames[-1].save(OUTPUT / 'demo.png', optimize=True)
    first, *others = [one.quantize(_COLOURS, dither=Image.Dither.NONE) for one in frames]
    target = OUTPUT / 'demo.gif'
    first.save(
        target, save_all=True, append_images=others, duration=MS_EACH, loop=0, optimize=True
    )
    size = target.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f'{target} has {size} bytes, more than {MOST_BYTES}: show fewer images')
    sys.stdout.write(f'{target}: {len(frames)} pictures, {size / 1e6:.2f} MB\n')
    if 'DISPLAY' in os.environ:
        rerun_window(folder)


def rerun_window(folder: Path) -> None:
    """Export the run for Rerun, open it there and keep a picture of the window."""
    with tempfile.TemporaryDirectory() as place:
        recording, picture = Path(place, 'run.rrd'), Path(place, 'window.png')
        export = [sys.executable, '-m', 'avpr_ros.cli.main', 'export', str(folder / RUN)]
        export += ['--map', str(folder / MAP), '--images', str(folder / SECOND.name)]
        subprocess.run([*export, '--output', str(recording)], check=True)
        size = 'x'.join(map(str, _WINDOW_PX))
        viewer = [sys.executable, '-m', 'rerun', '--window-size', size]
        subprocess.run([*viewer, '--screenshot-to', str(picture), str(recording)], check=True)
        window = Image.open(picture).convert('RGB').resize(_WINDOW_PX, Image.Resampling.LANCZOS)
    window.save(OUTPUT / 'rerun.jpg', quality=82)


def frame(gallery: GalleryMap, run: Sequence[RunImage], live: RgbImage) -> Image.Image:
    """Return live image, best keyframe and plan side by side, as of the last image of a run."""
    now = run[-1]
    figure = Figure(figsize=(7.6, 2.35), dpi=100, layout='constrained')
    left, middle, right = figure.subplots(1, 3, width_ratios=(4, 4, 3.6))
    _picture(left, 'live image', live)
    rows = (
        [] if now.keyframe_id is None else (gallery.keyframes.ids == now.keyframe_id).nonzero()[0]
    )
    _picture(middle, 'best keyframe', gallery.thumbnail(int(rows[0])) if len(rows) else None)
    right.plot(*gallery.keyframes.poses[:, :2].T, '.', color='#aab4be', ms=4)
    places_m = [image.pose_m for image in run if image.pose_m is not None]
    if places_m:
        x_m, y_m, _ = zip(*places_m, strict=True)
        right.plot(x_m, y_m, '.', color=GOOD, ms=3)
    at_m = now.pose_m or now.candidate_m
    colour = GOOD if now.accepted else BAD
    if at_m is not None:
        right.plot(*at_m[:2], 'o', color=colour, ms=8)
    right.set_aspect('equal')
    right.tick_params(labelsize=7)
    right.set_title(f'{len(places_m)} of {len(run)} images: pose', fontsize=9)
    middle.set_xlabel(now.reason, color=colour, fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format='png')
    return Image.open(buffer).convert('RGB')


def _picture(axes: Axes, title: str, image: RgbImage | None) -> None:
    axes.set_title(title, fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    if image is not None:
        axes.imshow(image)


if __name__ == '__main__':
    main(Path(sys.argv[1] if len(sys.argv) > 1 else 'build/avpr_demo'))
