# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pre-flight checks of the drives on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from avpr_ros.errors import SourceError
from avpr_ros.gallery.gallery_map import REPORT, GalleryMap
from avpr_ros.gallery.local_features.features import XFEAT
from avpr_ros.gallery.manifest import Session
from avpr_ros.mapping.drive_checks import DriveRules, check_drives, require_ok
from avpr_ros.mapping.impostors import MIN_IMPOSTORS
from avpr_ros.sources.bags.reader import open_bag
from avpr_ros.sources.frame import FrameSource
from avpr_ros.sources.open import group_splits
from avpr_ros.sources.preflight import PreflightCheck
from avpr_ros.storage.files import printable

_HEADINGS = ['topic', 'type', 'messages']
_COLOURS = {'ok': 'green', 'warning': 'yellow', 'error': 'red'}


def run_preflight(
    drives: Sequence[FrameSource], rules: DriveRules, gallery: GalleryMap | None = None
) -> None:
    """Print the checks of the sources and the expected number of keyframes.

    Args:
        drives: sources of the map.
        rules: what is asked of them.
        gallery: the map they are added to; None for a new one.

    Raises:
        SourceError: a check failed; its text is that of the failed checks.
    """
    checked = check_drives(drives, rules, gallery)
    for one in checked:
        frames = len(one.preflight.poses)
        expected = f'{one.keyframes} expected from {frames} frames'
        print_checks(f'pre-flight: {one.drive.name}', one.preflight.checks, expected)
    require_ok(checked)


def print_topics(sources: Sequence[Path]) -> None:
    """Print what each bag holds, before anything is chosen of it.

    Args:
        sources: paths; image folders and what cannot be read are left to the checks.
    """
    from avpr_ros.cli.console import print_columns

    for files in group_splits(list(sources)):
        try:
            with open_bag(files) as bag:
                rows = [
                    [printable(topic), printable(', '.join(types)), str(bag.count(topic))]
                    for topic, types in bag.message_types().items()
                ]
        except SourceError:
            continue
        print_columns(f'topics of {printable(files[0].name)}', [_HEADINGS, *rows])


def print_checks(title: str, checks: Sequence[PreflightCheck], keyframes: str = '') -> None:
    """Print findings as a table.

    Args:
        title: of the table.
        checks: one row each.
        keyframes: text of a last row about keyframes, if any.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(printable(title)), title_justify='left')
    for heading in ('check', 'verdict', 'finding'):
        table.add_column(heading, overflow='fold')
    for check in checks:
        verdict = f'[{_COLOURS[check.level]}]{check.level}[/]'
        table.add_row(escape(check.name), verdict, escape(printable(check.text)))
    if keyframes:
        table.add_row('keyframes', '', keyframes)
    Console(highlight=False).print(table)


def print_new_map(gallery: GalleryMap, learned_features: bool) -> None:
    """Print what a map that was just built holds, its warnings, and the next command.

    Args:
        gallery: the map.
        learned_features: whether it was to have learned local features.
    """
    from avpr_ros.cli.console import print_note

    for session in gallery.manifest.sessions:
        skipped = ''
        if session.undecodable:
            skipped = f', {session.undecodable} undecodable; the first: {session.first_problem}'
        print_note(f'{session.name}: {session.keyframes} of {session.frames} frames{skipped}')
        print_unusable(session)
    print_note(f'{gallery.path}: {len(gallery)} keyframes, see {gallery.path / REPORT}')
    print_note(f'index: {gallery.manifest.index}')
    landmarks = gallery.landmarks()
    if landmarks is not None:
        print_note(f'local features: {", ".join(layer.kind.name for layer in landmarks.layers)}')
        if learned_features and len(landmarks.recognition_layers) == 1:
            use = 'for poses alone' if len(landmarks.layers) > 1 else 'left out'
            print_note(
                f'note: {XFEAT.name} is {use}: to recognise places by it, {MIN_IMPOSTORS} '
                'keyframes with images of other places are needed; in another light fewer images '
                'will be accepted'
            )
    for warning in gallery.warnings:
        print_note(f'warning: {warning}')
    print_next(gallery)


def print_unusable(session: Session) -> None:
    """Print a warning about images that became no keyframes as nothing is visible in them."""
    from avpr_ros.cli.console import print_note

    if session.unusable:
        print_note(
            f'warning: {session.name}: {session.unusable} images became no keyframes, nothing is '
            f'visible in them; the first: {session.first_unusable}'
        )


def print_next(gallery: GalleryMap) -> None:
    """Print the command that follows the build of a map."""
    from avpr_ros.cli.console import print_note
    from avpr_ros.gallery.gallery_map import GALLERY_NETWORK

    if GALLERY_NETWORK in gallery.manifest.files:
        print_note(f'next: avpr localize BAG --map {gallery.path} --output RESULTS, no training')
        return
    print_note(f'next: avpr train --map {gallery.path}')
