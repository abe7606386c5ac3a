# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

import numpy as np

from avpr_ros.evaluation.map_quality.facts import map_facts
from avpr_ros.evaluation.map_quality.report_data import MapQuality
from avpr_ros.evaluation.map_quality.self_similarity import self_similarity
from avpr_ros.evaluation.map_quality.verdict import map_verdict
from avpr_ros.evaluation.reports.map_report import write_map_report
from avpr_ros.gallery.calibration import Calibration
from avpr_ros.mapping.landmark_builder import build_landmarks
from avpr_ros.poses import Pose


def _aliased(make_gallery):
    """Twelve keyframes 10 m apart; the last looks like the third."""
    rows = np.eye(12, dtype=np.float32)
    rows[11] = 0.8 * rows[2] + 0.6 * rows[11]
    return make_gallery(rows, [Pose.from_xy_yaw(10.0 * i, 0, 0) for i in range(12)])


def test_self_similarity_finds_similar_places(make_gallery):
    alike = self_similarity(_aliased(make_gallery))
    assert alike.radius_m == 50.0
    row, other, similarity = alike.worst_pairs(1)[0]
    assert (row, other) == (2, 11)
    assert abs(similarity - 0.8) < 1e-2
    # Rows 2 and 11 look more like each other than like any neighbour.
    assert alike.other[2] > alike.same[2]


def test_self_similarity_of_one_place_has_no_pairs(make_gallery):
    gallery = make_gallery(np.eye(2, dtype=np.float32), [Pose.identity()] * 2)
    alike = self_similarity(gallery)
    assert np.isnan(alike.other).all()
    assert alike.worst_pairs(3) == []
    assert alike.aliased_share == 0.0
    assert (
        'one place only'
        in dict(map_facts(gallery, MapQuality.compute(gallery, None)))['self-similarity']
    )


def test_the_page_stands_alone(make_gallery, tmp_path):
    gallery = _aliased(make_gallery)
    evidence = MapQuality.compute(gallery, None)
    write_map_report(gallery, tmp_path / 'report.html', evidence)
    page = (tmp_path / 'report.html').read_text()
    assert 'similarity 0.8' in page
    assert 'Keyframes 2 and 11, 90.0 m apart' in page
    assert len(re.findall('src="data:image/', page)) >= 6 + 2
    assert not re.search(r'(?:src|href)="(?!data:|#part)', page)
    assert 'name="viewport"' in page


def test_recall_in_other_light_is_a_fact_of_its_own(make_gallery, tmp_path):
    gallery = _aliased(make_gallery)
    lights = {'day_recall_at_1': 0.99, 'night_recall_at_1': 0.714, 'winter_recall_at_1': 0.85}
    for statistics, shown in ((lights, True), ({'day_recall_at_1': 0.99}, False)):
        quality = MapQuality.compute(gallery, None, Calibration(0.5, statistics))
        facts = dict(map_facts(gallery, quality))
        assert ('light change' in facts) == shown
        if shown:
            assert '0.99 by day, 0.71 as at night, 0.85 as in winter' in facts['light change']
            write_map_report(gallery, tmp_path / 'report.html', quality)
            assert '0.71 as at night' in (tmp_path / 'report.html').read_text()


def test_map_report_shows_confusable_pairs(make_gallery, tmp_path, monkeypatch, drive_class):
    def picture(self, number: int) -> np.ndarray:
        rng = np.random.default_rng(number % 7)  # the last looks like the first
        cells = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        return np.kron(cells, np.ones((12, 12, 1), np.uint8))

    monkeypatch.setattr(drive_class, '_decode', picture)
    places = [Pose.from_xy_yaw(i + 420.0 * (i > 3), 0, 0) for i in range(8)]
    gallery = make_gallery(np.eye(8, dtype=np.float32), places, min_distance_m=1.0)
    landmarks = build_landmarks(gallery)
    evidence = MapQuality.compute(gallery, landmarks)
    rows = evidence.impostors.most_confusable_pairs(3)[0][:2]
    assert rows == (0, 7)
    assert 'best of 8 false matches' in dict(map_facts(gallery, evidence))['local features']
    write_map_report(gallery, tmp_path / 'report.html', evidence)
    page = (tmp_path / 'report.html').read_text()
    assert 'Places that local features confuse most' in page
    assert re.search(
        'Keyframes 0 and 7, 427.0 m apart: log-likelihood ratio [0-9]+ of the false match', page
    )


def test_a_map_of_one_keyframe_has_a_page(make_gallery, tmp_path):
    gallery = make_gallery(np.eye(1, 4, dtype=np.float32), [Pose.identity()])
    write_map_report(gallery, tmp_path / 'report.html', MapQuality.compute(gallery, None))
    assert 'one keyframe only' in (tmp_path / 'report.html').read_text()


def test_the_page_opens_with_what_the_map_is_good_for_and_weak_at(make_gallery, tmp_path):
    gallery = _aliased(make_gallery)
    lights = {'night_recall_at_1': 0.4, 'winter_recall_at_1': 0.9}
    quality = MapQuality.compute(gallery, None, Calibration(0.5, lights))
    verdict = map_verdict(quality)
    assert verdict.level == 'bad'
    assert any(text.startswith('winter (recall@1 0.90') for text in verdict.good_for)
    assert any(text.startswith('night (recall@1 0.40') for text in verdict.weak_at)
    assert any('precise poses' in text for text in verdict.weak_at)
    facts = map_facts(gallery, quality)
    assert [what for what, _ in facts][:2] == ['good for', 'weak at']
    write_map_report(gallery, tmp_path / 'report.html', quality)
    page = (tmp_path / 'report.html').read_text()
    assert page.index('Good for winter') < page.index('class="cards"') < page.index('<h2')
    assert 'of all 12 keyframes' in page


def test_a_sample_of_the_keyframes_is_called_one(make_gallery, tmp_path, monkeypatch):
    monkeypatch.setattr('avpr_ros.evaluation.map_quality.self_similarity._MOST_ROWS', 6)
    gallery = _aliased(make_gallery)
    write_map_report(gallery, tmp_path / 'report.html', MapQuality.compute(gallery, None))
    assert 'of 6 of 12 keyframes (50%), evenly chosen' in (tmp_path / 'report.html').read_text()
