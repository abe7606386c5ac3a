# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

from avpr_ros.evaluation.metrics.ground_truth import GroundTruth, ViewPoses
from avpr_ros.evaluation.reports import evaluation_plots
from avpr_ros.evaluation.reports.evaluation_files import markdown, write_evaluation
from avpr_ros.evaluation.reports.evaluation_page import write_page
from avpr_ros.evaluation.reports.evaluation_tables import (
    denominators,
    figures_by_pair,
    precision_table,
    recall_table,
    rows,
    storage,
)
from avpr_ros.evaluation.reports.html import jpeg_uri, render_page
from avpr_ros.evaluation.reports.plots import styled_figure, svg_uri
from avpr_ros.evaluation.retrieval.descriptor_set import DescriptorSet
from avpr_ros.evaluation.retrieval.evaluation import FEATURES, Evaluation, evaluate_pair


@pytest.fixture
def evaluation() -> Evaluation:
    """Three queries: the first is found, the second is not, the third has no positive."""
    gallery = np.eye(3, dtype=np.float32)
    queries = gallery[[0, 2, 1]]
    positions_m = np.array([[0.0, 0.0], [100.0, 0.0], [200.0, 0.0]])
    truth_m = np.array([[0.0, 0.0], [100.0, 0.0], [999.0, 0.0]])
    views = [ViewPoses(p, np.full(3, np.nan)) for p in (truth_m, positions_m)]
    truth = GroundTruth()
    pair = evaluate_pair(FEATURES, DescriptorSet(queries, gallery, *views), truth)
    return Evaluation('three', truth, (pair,), descriptor_bytes=12, map_bytes=40.0)


def test_rows_hold_recall_over_both_denominators(evaluation):
    (row,) = rows(evaluation)
    assert (row['queries'], row['queries_covered']) == (3, 2)
    assert row['recall_at_1'] == pytest.approx(1 / 3)
    assert row['recall_at_1_covered'] == pytest.approx(1 / 2)


def test_recall_table_has_one_line_per_denominator(evaluation):
    heading, *lines = recall_table(evaluation)
    assert heading == ['pair', 'denominator', 'R@1', 'R@5', 'R@10', 'R@20']
    assert [line[1:3] for line in lines] == [
        ['all 3', '0.333'],
        ['the 2 with a positive', '0.500'],
    ]
    assert len(denominators(evaluation.pairs[0].score)) == 2


def test_figures_by_pair_agree_with_the_tables(evaluation):
    heading, *lines = figures_by_pair(evaluation)
    assert heading == ['', FEATURES]
    assert dict(lines)['R@1 of all 3'] == '0.333'
    assert [cell for _, cell in lines[-3:]] == precision_table(evaluation)[1][1:]


def test_storage_names_descriptor_and_map_bytes(evaluation):
    assert '12 bytes' in storage(evaluation)
    assert '40' in storage(evaluation)


def test_markdown_holds_command_and_truth(evaluation):
    text = markdown(evaluation, 'avpr evaluate x')
    assert '`avpr evaluate x`' in text
    assert 'within 25 m' in text
    assert 'No network was run.' in text


def test_write_evaluation_makes_three_files_of_equal_figures(evaluation, tmp_path):
    write_evaluation(tmp_path, evaluation, 'avpr evaluate x')
    document = json.loads((tmp_path / 'evaluation.json').read_text('utf-8'))
    assert document['rows'] == rows(evaluation)
    assert (tmp_path / 'evaluation.md').read_text('utf-8') == markdown(
        evaluation, 'avpr evaluate x'
    )
    assert '0.333' in (tmp_path / 'evaluation.html').read_text('utf-8')


def test_write_page_loads_nothing_from_elsewhere(evaluation, tmp_path):
    write_page(tmp_path / 'page.html', evaluation, 'avpr evaluate <x>')
    text = (tmp_path / 'page.html').read_text('utf-8')
    assert 'avpr evaluate &lt;x&gt;' in text
    assert 'src="http' not in text
    assert 'href="http' not in text


def test_evaluation_plots_are_svg(evaluation):
    pair = evaluation.pairs[0]
    plots = [
        evaluation_plots.recall_plot([pair]),
        evaluation_plots.precision_plot([pair]),
        evaluation_plots.similarity_plot(pair),
        evaluation_plots.where_plot(pair),
    ]
    for plot in plots:
        assert b'<svg' in base64.b64decode(plot.removeprefix('data:image/svg+xml;base64,'))


def test_svg_uri_of_equal_figures_is_equal():
    def draw() -> str:
        with styled_figure() as figure:
            figure.subplots().plot([0, 1], [0, 1])
            return svg_uri(figure)

    assert draw() == draw()


def test_jpeg_uri_holds_a_jpeg():
    data = jpeg_uri(np.zeros((4, 6, 3), np.uint8)).removeprefix('data:image/jpeg;base64,')
    assert base64.b64decode(data).startswith(b'\xff\xd8')


def test_every_section_is_in_the_contents_line_and_plots_enlarge(evaluation, tmp_path):
    write_page(tmp_path / 'page.html', evaluation, 'avpr evaluate x')
    text = (tmp_path / 'page.html').read_text('utf-8')
    headings = re.findall('<h2 id="(.*?)">(.*?)</h2>', text)
    contents = re.search('<nav class="contents".*?</nav>', text, re.DOTALL)
    assert len(headings) == text.count('<h2')
    assert re.findall('<a href="#(.*?)">(.*?)</a>', contents[0]) == headings
    assert text.count('<label class="plot"><input type="checkbox"') == 4


def test_render_page_escapes_values_and_refuses_missing_ones(tmp_path):
    template = tmp_path / 'small.html.j2'
    template.write_text("{% extends 'page.html.j2' %}{% block body %}{{ x }}{% endblock %}")
    assert '&lt;b&gt;' in render_page(template, {'title': 't', 'x': '<b>'})
    with pytest.raises(Exception, match='x'):
        render_page(template, {'title': 't'})
