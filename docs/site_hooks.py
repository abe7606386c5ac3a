# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Pages of the site that are not below ``docs/``: README, CONTRIBUTING, the examples, a plot.

Links between files of the repository work on the site, too; a file without a page there is
named in code font instead. Run by mkdocs (``hooks`` in ``mkdocs.yml``).
"""

from __future__ import annotations

from pathlib import Path
import re
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent

#: Page of the site: file of the repository.
PAGES = {
    'index.md': 'README.md',
    'contributing.md': 'CONTRIBUTING.md',
    'examples.md': 'examples/README.md',
}
PLOTS = ('precision', 'soak')
_LINK = re.compile(r'\[([^\]]*)\]\(([^)#\s]+)(#[^)]*)?\)')


def on_files(files: Files, config: MkDocsConfig, **_: Any) -> Files:
    """Add the pages and the plot."""
    for page, source in PAGES.items():
        text = (ROOT / source).read_text(encoding='utf-8')
        files.append(File.generated(config, page, content=with_site_links(text, source)))
    for name in PLOTS:
        plot = str(ROOT / f'benchmarks/results/{name}.png')
        files.append(File.generated(config, f'images/{name}.png', abs_src_path=plot))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Let the pages below ``docs/`` refer to the plot where the site has it."""
    for name in PLOTS:
        markdown = markdown.replace(f'../benchmarks/results/{name}.png', f'images/{name}.png')
    return markdown


def with_site_links(text: str, source: str) -> str:
    """Return a page with its links to repository files turned into links to pages."""

    def convert(match: re.Match[str]) -> str:
        label, target, anchor = match[1], match[2], match[3] or ''
        if '://' in target:
            return match[0]
        path = (ROOT / source).parent.joinpath(target).resolve().relative_to(ROOT).as_posix()
        if not (ROOT / path).exists():
            raise FileNotFoundError(f'{source} links to {path}, which does not exist')
        pages = {name: page for page, name in PAGES.items()}
        if path in pages:
            return f'[{label}]({pages[path]}{anchor})'
        if path.startswith('docs/'):
            return f'[{label}]({path.removeprefix("docs/")}{anchor})'
        return label

    return _LINK.sub(convert, text)
