# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Fill the generated blocks of README.md and docs/*.md from the code and the result files.

A block stands between ``<!-- generated: KIND ARGUMENTS -->`` and ``<!-- end -->``:

* ``parameters NODE``: the table of parameters of ``localizer``, ``adapter`` or ``pose_graph``;
* ``interface``: the topics and services of the localizer;
* ``viewer_topics``: the topics of ``avpr export``;
* ``rosdep``: the keys of ``package.xml`` that are pip packages somewhere;
* ``match_settings``: the fields of ``MatchSettings``;
* ``results NAME [COLUMN ...]``: rows of ``benchmarks/results/NAME.json`` as a table, with what
  they were measured on; ``+COLUMN`` leaves out the rows that have no such figure;
* ``table NAME [COLUMN ...]``: the same without what they were measured on.

``python docs/generate.py`` rewrites the pages, ``--check`` only lists those that are out of date.
"""

from __future__ import annotations

import json
from pathlib import Path
import re
import sys

ROOT = Path(__file__).resolve().parent.parent
#: Readable values of the columns ``method``, by result file.
LABELS = {
    'epipolar': {
        'anywhere': 'all matches',
        'agreeing': 'epipolar inliers',
        'both': 'larger of both',
        'inliers': 'inlier count',
    },
    'decision': {
        'single': 'single images',
        'agree_odometry': 'temporal consistency, odometry',
        'filter': 'Bayes filter',
        'filter_odometry': 'Bayes filter, odometry',
        'all_landmarks': 'all checks, landmarks',
    },
    'precision': {
        'raw_score': 'similarity only',
        'appearance': 'calibrated scores',
        'sequence': 'temporal consistency',
        'sequence_filter': 'Bayes filter',
        'filter_odometry': 'Bayes filter, odometry',
        'odometry': 'odometry consistency',
        'geometry': 'geometric verification',
        'all': 'all checks',
    },
}
#: Readable names of columns.
COLUMNS = {
    'kept_of_appearance': 'ratio_to_calibrated_scores',
    'rejected_geometry': 'rejected_by_geometric_verification',
    'rejected_sequence': 'rejected_by_temporal_consistency',
    'way_m': 'path_m',
}
BLOCK = re.compile(r'(<!-- generated: (?P<what>[^>]+?) -->\n).*?(<!-- end -->)', re.DOTALL)


def pages() -> list[Path]:
    """Return the pages that may hold generated blocks."""
    return [ROOT / 'README.md', *sorted((ROOT / 'docs').glob('**/*.md'))]


def refill(text: str) -> str:
    """Return a page's text with every generated block made anew."""
    return BLOCK.sub(lambda m: f'{m[1]}{_content(m["what"].split())}\n{m[3]}', text)


def _content(words: list[str]) -> str:
    kind, arguments = words[0], words[1:]
    if kind == 'parameters':
        return _parameters(arguments[0])
    if kind == 'match_settings':
        from avpr_ros.localization.settings import settings_table

        return settings_table()
    if kind == 'interface':
        from avpr_ros.ros.localizer.interface import markdown_tables

        return markdown_tables()
    if kind == 'viewer_topics':
        from avpr_ros.evaluation.viewers.topics import markdown_table

        return markdown_table()
    if kind == 'rosdep':
        return _rosdep()
    if kind in ('results', 'table'):
        return _results(arguments[0], arguments[1:], with_source=kind == 'results')
    raise SystemExit(f'a generated block of an unknown kind: {" ".join(words)}')


def _parameters(node: str) -> str:
    from avpr_ros.ros.adapters.parameters import AdapterSettings
    from avpr_ros.ros.common.parameters import markdown_table
    from avpr_ros.ros.localizer.parameters import Settings
    from avpr_ros.ros.pose_graph.parameters import PoseGraphSettings

    settings = {
        'localizer': Settings,
        'adapter': AdapterSettings,
        'pose_graph': PoseGraphSettings,
    }
    return markdown_table(settings[node])


def _rosdep() -> str:
    stored = json.loads((ROOT / 'requirements' / 'rosdep_keys.json').read_text('utf-8'))
    releases = stored['ubuntu']
    lines = ['| key | ' + ' | '.join(f'{d} ({releases[d]})' for d in releases) + ' |']
    lines.append('| --- ' * (len(releases) + 1) + '|')
    for key, found in stored['keys'].items():
        if any(one.startswith('pip') for one in found.values()):
            lines.append(f'| `{key}` | ' + ' | '.join(found[d] for d in releases) + ' |')
    return '\n'.join(lines)


def _results(name: str, columns: list[str], *, with_source: bool) -> str:
    document = json.loads((ROOT / 'benchmarks' / 'results' / f'{name}.json').read_text('utf-8'))
    needed = [column[1:] for column in columns if column.startswith('+')]
    rows = [row for row in document['rows'] if all(column in row for column in needed)]
    columns = [column.removeprefix('+') for column in columns]
    columns = columns or list(dict.fromkeys(key for row in rows for key in row))
    labels = LABELS.get(name, {})
    rows = [{**row, 'method': labels.get(row.get('method'), row.get('method'))} for row in rows]
    header = [COLUMNS.get(column, column) for column in columns]
    lines = ['| ' + ' | '.join(header) + ' |', '| ' + ' | '.join('---' for _ in columns) + ' |']
    lines += ['| ' + ' | '.join(_cell(row.get(c)) for c in columns) + ' |' for row in rows]
    if not with_source:
        return '\n'.join(lines)
    source = f'`{document["command"]}` on {document["machine"]}.'
    return '\n'.join([*lines, '', source + (f' {document["note"]}' if document['note'] else '')])


def _cell(value: object) -> str:
    if value is None:
        return ''
    return f'{value:.3f}' if isinstance(value, float) else str(value)


def main() -> None:
    """Rewrite or check every page."""
    stale = []
    for page in pages():
        old = page.read_text(encoding='utf-8')
        new = refill(old)
        if new != old:
            stale.append(page.relative_to(ROOT))
            if '--check' not in sys.argv:
                page.write_text(new, encoding='utf-8')
    for page in stale:
        sys.stdout.write(f'{"out of date" if "--check" in sys.argv else "rewritten"}: {page}\n')
    raise SystemExit(1 if stale and '--check' in sys.argv else 0)


if __name__ == '__main__':
    main()
