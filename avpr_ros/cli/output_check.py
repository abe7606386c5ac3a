# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Outputs of commands that must not take the place of what these commands read."""

from __future__ import annotations

from pathlib import Path

_PAGE = '.html'


def check_result(output: Path, *inputs: Path | None) -> None:
    """Check where results are to be written, before anything is read.

    Args:
        output: file or folder of the results.
        inputs: files and folders that the command reads; None: not given.

    Raises:
        ConfigError: it is an input, an existing file of an input folder other than a page, or it
            lies in a map and is not its report.
    """
    from avpr_ros.errors import ConfigError
    from avpr_ros.gallery.gallery_map import REPORT
    from avpr_ros.gallery.map_folder import is_map
    from avpr_ros.storage.files import check_name

    check_name(output)
    place = output.resolve()
    read = [one.resolve() for one in inputs if one is not None]
    # Pages are written again; other files of an input may be all there is of them.
    within = place.is_file() and place.suffix.lower() != _PAGE and place.parent in read
    if place in read or within:
        raise ConfigError(f'{output} is read by this command; choose another output')
    if is_map(place) or (place.name != REPORT and is_map(place.parent)):
        raise ConfigError(f'{output} lies in a map, which it would damage; choose another output')
