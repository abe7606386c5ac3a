# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
import io
import json
from pathlib import Path
import re

import numpy as np
import pytest
from rich.console import Console
from small_demo import record, small_map, write_answers

from avpr_ros.gallery.gallery_map import GalleryMap
from simulation.demo.answers import read_answers, true_positions
from simulation.demo.back_end import Corrected
from simulation.demo.examples import choose, pairs
from simulation.demo.report import write_report
from simulation.demo.scoring import Scored, score, verdict
from simulation.demo.summary import cells, print_table, write_summary

pytestmark = pytest.mark.slow

CORRECTED = Corrected(
    *np.zeros((3, 5, 3)),
    {
        'set': 'demo_town',
        'method': 'back_end',
        'drift': '1.5 % too long',
        'ate_before_m': 8.0,
        'ate_after_m': 1.0,
        'ate_ratio': 8.0,
        'error_in_map_m': 1.2,
        'wrong_edges': 0,
        'used_edges': 30,
        'rejected_edges': 2,
        'rejected_wrong_edges': 1,
    },
)


@pytest.fixture(scope='module')
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, GalleryMap, list[Scored]]:
    folder = tmp_path_factory.mktemp('demo')
    record(folder / 'drive1', 30)
    record(folder / 'drive2', 40, start_ns=2 * 10**18)
    gallery = small_map(folder / 'drive1', folder / 'map')
    write_answers(folder / 'answers.jsonl', folder / 'drive2', gallery)
    answers = read_answers(folder / 'answers.jsonl')
    truth = true_positions(folder / 'drive2', [a.stamp_ns for a in answers])
    methods = ('gallery', 'light', 'asymmetric')
    return folder, gallery, [score(m, answers, truth, gallery.keyframes) for m in methods]


def test_the_small_demo_has_right_accepted_and_rejected_answers(played) -> None:
    row = played[2][-1].row

    # Thirty of forty pictures are in the map; one more lies within 5 m of its last keyframe.
    assert row['recall_at_1'] == pytest.approx(30 / 40)
    assert row['accepted'] == 30
    assert row['wrong_accepted'] == 0


def test_demo_report_is_self_contained_and_responsive(played) -> None:
    folder, gallery, scored = played
    page = folder / 'report.html'

    write_report(
        page,
        scored,
        CORRECTED,
        gallery,
        folder / 'drive2',
        [],
        {'a <fact>': '1'},
        ['avpr build x > y'],
    )

    text = page.read_text(encoding='utf-8')
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    assert not re.search(r'(src|href)="(?!data:|#part)', text)
    assert text.count('src="data:image/svg+xml') == 6
    assert text.count('src="data:image/jpeg') >= 8
    assert 'a &lt;fact&gt;' in text
    assert 'avpr build x &gt; y' in text
    assert 'Passed' in text
    assert '8.0 times the second' in text
    headings = re.findall('<th.*?>(.*?)</th>', text)
    assert headings[1:4] == [
        'light query, heavy map',
        'heavy on both sides',
        'light on both sides',
    ]
    assert 'href="#part1">Estimated positions</a>' in text


def test_beside_accepted_examples_is_the_error_of_the_pose(played) -> None:
    folder, gallery, scored = played
    rows = choose(scored[-1], 3)

    shown = pairs(scored[-1], rows, gallery, folder / 'drive2')

    for kind, chosen in rows.items():
        for row, pair in zip(chosen, shown[kind], strict=True):
            error_m = scored[-1].error_m[row]
            assert pair.pose_error_m == (None if np.isnan(error_m) else error_m)


def test_the_hardest_examples_begin_with_wrong_poses(played) -> None:
    scored = played[2][-1]
    accepted = np.flatnonzero(scored.accepted)
    error_m = scored.error_m.copy()
    error_m[accepted[5]] = 20.0

    assert choose(replace(scored, error_m=error_m), 3)['hardest'][0] == accepted[5]


def test_demo_report_of_failed_demo_has_failure(played) -> None:
    folder, gallery, scored = played

    write_report(
        folder / 'failed.html',
        scored,
        CORRECTED,
        gallery,
        folder / 'drive2',
        verdict(scored[-1].row),
        {},
        [],
    )

    text = (folder / 'failed.html').read_text(encoding='utf-8')
    assert 'Not passed: recall@1 is 0.750, below 0.80.' in text
    assert 'class="verdict good"' not in text


def test_examples_are_of_different_places(played) -> None:
    rows = choose(played[2][-1], 3)

    assert len(rows['accepted']) >= 2
    assert len(rows['rejected']) >= 1
    for chosen in rows.values():
        gaps = [abs(a - b) for i, a in enumerate(chosen) for b in chosen[i + 1 :]]
        assert all(gap >= 12 for gap in gaps)


def test_the_summary_has_the_fields_of_result_files(played, tmp_path: Path) -> None:
    write_summary(
        tmp_path / 'summary.json', played[2], CORRECTED, ['too low'], True, {'all': '1 min'}
    )

    summary = json.loads((tmp_path / 'summary.json').read_text(encoding='utf-8'))
    assert set(summary) >= {'machine', 'versions', 'command', 'rows', 'quick'}
    assert summary['command'] == 'python -m simulation --quick'
    assert summary['passed'] is False
    methods = [row['method'] for row in summary['rows']]
    assert methods == ['gallery', 'light', 'asymmetric', 'back_end']
    assert summary['rows'][3]['ate_ratio'] == 8.0
    for name in ('recall_at_1', 'recall_at_5', 'wrong_accepted', 'latency_p50_ms'):
        assert isinstance(summary['rows'][2][name], (int, float))


def test_the_table_fits_a_narrow_terminal(played) -> None:
    printed = io.StringIO()

    print_table(played[2], Console(width=80, file=printed))

    text = printed.getvalue()
    assert '…' not in text
    for one in played[2]:
        assert all(cell in text for cell in cells(one.row))


def test_the_table_names_methods_and_figures(played) -> None:
    printed = io.StringIO()

    print_table(played[2], Console(width=200, file=printed))

    text = printed.getvalue()
    assert 'light query, heavy map' in text
    assert '0.750' in text
