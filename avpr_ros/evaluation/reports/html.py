# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Self-contained HTML pages: one shell for all reports, images inside the file.

A report's template starts with ``{% extends 'page.html.j2' %}`` and fills the blocks ``style``,
``lead``, ``body`` and ``footer``; ``parts.html.j2`` has tables, cards and plots. The page gets a
contents line of its headings. Nothing is loaded from anywhere; text is escaped.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
import re

import cv2
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from avpr_ros.arrays import RgbImage

_HEADING = re.compile('<h2>(.*?)</h2>', re.DOTALL)
_CONTENTS = '<nav class="contents" aria-label="Contents">'


def render_page(template: Path, values: Mapping[str, object]) -> str:
    """Return a page.

    Args:
        template: a jinja2 file that extends ``page.html.j2``.
        values: what it names, ``title`` among them; a missing one raises.
    """
    folders = [str(template.parent), str(Path(__file__).parent / 'templates')]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return _with_contents(environment.get_template(template.name).render(values))


def _with_contents(page: str) -> str:
    """Return a page with an address at each heading and a line of links to them."""
    headings = _HEADING.findall(page)
    links = ''.join(
        f'\n<a href="#part{number}">{heading}</a>' for number, heading in enumerate(headings, 1)
    )
    numbers = iter(range(1, len(headings) + 1))
    page = _HEADING.sub(lambda found: f'<h2 id="part{next(numbers)}">{found[1]}</h2>', page)
    return page.replace(_CONTENTS, f'{_CONTENTS}{links}\n', 1)


def jpeg_uri(image: RgbImage, quality: int = 80) -> str:
    """Return an RGB image as a ``data:`` address of a JPEG."""
    flags = [cv2.IMWRITE_JPEG_QUALITY, quality]
    _, data = cv2.imencode('.jpg', cv2.cvtColor(image, cv2.COLOR_RGB2BGR), flags)
    return f'data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode("ascii")}'
