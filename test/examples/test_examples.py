# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
"""Every example runs on a map of eight images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avpr_ros import GalleryMap

EXAMPLES = Path(__file__).resolve().parents[2] / 'examples'
STEPS = ['--steps', '2']


def test_every_script_and_the_notebook_are_listed_in_the_readme() -> None:
    text = (EXAMPLES / 'README.md').read_text(encoding='utf-8')
    names = {p.name for p in EXAMPLES.iterdir() if p.suffix in ('.py', '.ipynb')}
    assert len(names) == 5
    assert {name for name in names if f'`{name}`' not in text} == set()


def test_map_is_built_and_its_images_are_localized(example, walk, tmp_path, capsys) -> None:
    folder = tmp_path / 'my_map'
    assert example('build_from_folder').main([str(walk), str(folder), *STEPS]) == 0
    assert 'my_map: 8 keyframes' in capsys.readouterr().out
    (tmp_path / 'text.png').write_text('no image')
    images = [str(walk / '002.png'), str(walk / '005.png'), str(tmp_path / 'text.png')]
    network = str(folder.with_suffix('.onnx'))
    assert example('localize_images').main([str(folder), *images, '--query', network]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all('keyframe' in line or 'rejected' in line for line in lines[:2])
    assert 'cannot be read' in lines[2]


def test_scripts_report_an_error_in_one_line(example, tmp_path, capsys) -> None:
    nothing = str(tmp_path / 'nothing')
    assert example('build_from_folder').main([nothing, str(tmp_path / 'map')]) == 2
    assert example('localize_images').main([nothing, nothing]) == 2
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2
    assert all(line.startswith('error: ') for line in errors)


def test_custom_network_describes_the_gallery(example, walk, tmp_path) -> None:
    folder = tmp_path / 'tiny'
    assert example('custom_gallery_network').main([str(walk), str(folder), *STEPS]) == 0
    gallery = GalleryMap.open(folder)
    assert (gallery.manifest.descriptor_space.network, len(gallery)) == ('tiny-images', 8)
    assert folder.with_suffix('.onnx').is_file()


def test_line_of_a_matches_message_names_reason_and_position(example) -> None:
    pytest.importorskip('rclpy')
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

    reader = example('read_matches_topic')
    values = {'reason': 'accepted', 'x_m': '1.5', 'y_m': '-2', 'moved_images': '3'}
    status = DiagnosticStatus(
        message='similarity 0.9',
        hardware_id='front',
        values=[KeyValue(key=k, value=v) for k, v in values.items()],
    )
    line = reader.line(DiagnosticArray(status=[status]))
    assert 'front: accepted at x 1.50 m, y -2.00 m, 3 images contradict' in line


def test_notebook_runs_cell_by_cell(walk, monkeypatch) -> None:
    monkeypatch.setenv('AVPR_EXAMPLE_FOLDER', str(walk))
    monkeypatch.setenv('AVPR_EXAMPLE_STEPS', '2')
    notebook = json.loads((EXAMPLES / 'quickstart.ipynb').read_text(encoding='utf-8'))
    cells = [cell for cell in notebook['cells'] if cell['cell_type'] == 'code']
    assert not any(cell['outputs'] for cell in cells)
    names: dict[str, object] = {}
    for cell in cells:
        exec(''.join(cell['source']), names)
    assert len(names['results']) == 8
    assert names['evaluation'].pairs[0].score.recall[1] > 0
