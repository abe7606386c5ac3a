# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import torch

from avpr_ros.errors import ConfigError, MapError, SpaceMismatchError, TrainingError
from avpr_ros.mapping.map_builder import BuildSettings, build_map
from avpr_ros.networks.registry import describer_by_name
from avpr_ros.runtime.onnx_backend import OnnxQueryNetwork
from avpr_ros.training import held_out
from avpr_ros.training.images import MapImages
from avpr_ros.training.memory_bank.bank_file import bank_identity, bank_path, load_bank
from avpr_ros.training.query_training import train_query_network
from avpr_ros.training.settings import TrainSettings
from avpr_ros.training.symmetric import export_gallery_network

pytestmark = pytest.mark.slow

#: So few steps of so few images must be small ones, or they undo the closed-form start.
SETTINGS = TrainSettings(steps=2, batch_size=2, checkpoint_every=1, learning_rate=1e-5)


@pytest.fixture(scope='module')
def real_map(tmp_path_factory, drive_of_images):
    """Eight images described by the light embedded network, real weights."""
    folder = tmp_path_factory.mktemp('trained') / 'map'
    return build_map(drive_of_images, describer_by_name('embedded-light'), folder, BuildSettings())


@pytest.fixture(scope='module', autouse=True)
def few_views():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(held_out, 'VIEWS', 10)
        yield


@pytest.fixture(scope='module')
def trained(real_map, tmp_path_factory):
    output = tmp_path_factory.mktemp('query') / 'query.onnx'
    return train_query_network(real_map, output, SETTINGS)


def test_the_files_open_on_the_robot_and_speak_the_map_s_space(real_map, trained):
    network = OnnxQueryNetwork.open(trained.output)
    assert network.manifest == trained.manifest
    assert network.manifest.space_id == real_map.manifest.descriptor_space.id
    assert network.manifest.max_abs_difference < 1e-4
    images = MapImages(real_map)
    described = np.stack([network.describe(images.read(row)) for row in range(len(real_map))])
    _, rows = real_map.index.search(described, 1)
    assert (rows[:, 0] == np.arange(len(real_map))).mean() > 0.8


def test_training_manifest_records_measurements(trained):
    training = trained.manifest.training
    assert training['steps'] == 2
    assert training['settings']['seed'] == 0
    assert 'not a second drive' in training['held_out']['what']
    for when in ('before', 'after'):
        assert 0 <= training['held_out'][when]['recall_at_1'] <= 1
    assert [row['step'] for row in training['history']] == [0, 1, 2]
    assert trained.manifest.calibration is not None


def test_the_checkpoint_goes_when_all_is_done(trained):
    names = sorted(path.name for path in trained.output.parent.iterdir())
    assert names == ['query.csv', 'query.json', 'query.onnx']


def test_the_curves_are_the_history(trained):
    lines = trained.output.with_suffix('.csv').read_text().splitlines()
    assert lines[0] == 'step,loss,held_out_loss'
    assert [line.split(',')[0] for line in lines[1:]] == ['0.0', '1.0', '2.0']


def test_training_writes_bank_to_parent_folder(real_map, trained):
    settings = TrainSettings().places
    assert load_bank(bank_path(real_map), bank_identity(real_map, settings)) is not None


def test_places_can_be_held_out_to_know_when_to_stop(real_map, tmp_path):
    settings = replace(SETTINGS, hold_out_share=0.25, patience=1, steps=40, learning_rate=0.05)
    training = train_query_network(real_map, tmp_path / 'q.onnx', settings).manifest.training
    assert training['steps'] < 40


def test_a_training_that_was_stopped_ends_as_if_it_had_not_been(real_map, trained, tmp_path):
    def stop(stage: str, done: int, total: int) -> None:
        if (stage, done) == ('training', 2):
            raise KeyboardInterrupt

    output = tmp_path / 'query.onnx'
    with pytest.raises(KeyboardInterrupt):
        train_query_network(real_map, output, SETTINGS, stop)
    assert not output.exists()
    with pytest.raises(TrainingError, match='other settings'):
        train_query_network(real_map, output, replace(SETTINGS, resume=True, seed=1))
    resumed = train_query_network(real_map, output, replace(SETTINGS, resume=True))
    assert resumed.manifest.onnx_sha256 == trained.manifest.onnx_sha256
    assert resumed.manifest.training['history'] == trained.manifest.training['history']


def test_the_gallery_network_itself_finds_its_own_descriptors(real_map, tmp_path):
    result = export_gallery_network(real_map, tmp_path / 'symmetric.onnx')
    network = OnnxQueryNetwork.open(result.output)
    assert network.manifest.network == 'embedded-light'
    image = MapImages(real_map).read(3)
    similarities = real_map.descriptors.astype(np.float32) @ network.describe(image)
    # Thumbnails are compressed again, so not exactly 1.
    assert similarities.argmax() == 3
    assert similarities[3] > 0.9


KILLED = """
import sys
from pathlib import Path
import torch
from avpr_ros.gallery.gallery_map import GalleryMap
from avpr_ros.training import held_out
from avpr_ros.training.query_training import train_query_network
from avpr_ros.training.settings import TrainSettings

# Sums are taken in another order by another number of threads.
torch.set_num_threads(int(sys.argv[3]))
held_out.VIEWS = 10
settings = TrainSettings(steps=8, batch_size=2, checkpoint_every=1, learning_rate=1e-5)
train_query_network(GalleryMap.open(Path(sys.argv[1])), Path(sys.argv[2]), settings)
"""


def test_a_training_killed_in_the_middle_goes_on_to_the_same_bits(real_map, tmp_path):
    output = tmp_path / 'query.onnx'
    checkpoint = output.with_suffix('.checkpoint')
    threads = str(torch.get_num_threads())
    with subprocess.Popen([sys.executable, '-c', KILLED, real_map.path, output, threads]) as work:
        written: set[int] = set()
        deadline = time.monotonic() + 120
        while len(written) < 3 and work.poll() is None and time.monotonic() < deadline:
            if checkpoint.exists():
                written.add(checkpoint.stat().st_mtime_ns)
            time.sleep(0.002)
        work.send_signal(signal.SIGKILL)
    assert work.returncode == -signal.SIGKILL
    assert not output.exists()
    settings = replace(SETTINGS, steps=8)
    resumed = train_query_network(real_map, output, replace(settings, resume=True))
    whole = train_query_network(real_map, tmp_path / 'whole.onnx', settings)
    assert resumed.manifest.onnx_sha256 == whole.manifest.onnx_sha256
    assert resumed.manifest.training['history'] == whole.manifest.training['history']


def test_a_damaged_image_stops_training_with_its_name(real_map, tmp_path):
    copy = tmp_path / 'map'
    shutil.copytree(real_map.path, copy)
    (copy / 'thumbnails' / '000003.jpg').write_bytes(b'not a picture')
    with pytest.raises(MapError, match=r'000003\.jpg is damaged'):
        train_query_network(type(real_map).open(copy), tmp_path / 'query.onnx', SETTINGS)


def test_an_unknown_method_is_refused_before_work_starts(real_map, tmp_path):
    with pytest.raises(ConfigError, match="no training method 'x'"):
        train_query_network(real_map, tmp_path / 'q.onnx', replace(SETTINGS, method='x'))


def test_training_without_thumbnails_is_an_error(real_map, tmp_path):
    copy = tmp_path / 'map'
    shutil.copytree(real_map.path, copy, ignore=shutil.ignore_patterns('thumbnails'))
    with pytest.raises(TrainingError, match='no thumbnail of keyframe 0'):
        train_query_network(type(real_map).open(copy), tmp_path / 'query.onnx', SETTINGS)


def test_a_map_of_a_foreign_space_is_refused(gallery, tmp_path):
    with pytest.raises(SpaceMismatchError, match='grey'):
        train_query_network(gallery, tmp_path / 'query.onnx', SETTINGS)


@pytest.mark.parametrize('name', ['query.pt', 'query'])
def test_an_output_of_another_kind_is_refused_before_work_starts(real_map, tmp_path, name):
    with pytest.raises(TrainingError, match=r'\*\.onnx'):
        train_query_network(real_map, tmp_path / name, SETTINGS)
