# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pickle
import re
import urllib.error

from official import published
import pytest
import torch

from avpr_ros.errors import ConfigError
from avpr_ros.networks.checkpoints import fetching
from avpr_ros.networks.checkpoints.fetching import fetch_model
from avpr_ros.networks.checkpoints.reading import read_checkpoint
from avpr_ros.networks.checkpoints.store import import_checkpoint, load_stored, weights_path
from avpr_ros.networks.foundation.kinds import kind_by_name
from avpr_ros.networks.foundation.network import FoundationNetwork

NAME = 'cosplace-resnet18-64'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv('AVPR_MODELS', str(tmp_path / 'models'))
    return tmp_path / 'models'


@pytest.fixture(scope='module')
def tensors():
    return published(FoundationNetwork(kind_by_name(NAME)), 'cosplace')


def saved(tmp_path, content, name='weights.pth'):
    torch.save(content, tmp_path / name)
    return tmp_path / name


@pytest.mark.parametrize(
    'wrap',
    [
        lambda t: t,
        lambda t: {'state_dict': t, 'epoch': 3},
        lambda t: {'model_state_dict': {f'module.{k}': v for k, v in t.items()}},
        lambda t: {k: v for k, v in t.items() if 'num_batches' not in k},
    ],
)
def test_published_files_and_their_wrappers_load(tmp_path, tensors, wrap):
    network = read_checkpoint(saved(tmp_path, wrap(tensors)), kind_by_name(NAME))
    assert torch.equal(network.state_dict()['head.3.weight'], tensors['aggregation.3.weight'])


def test_older_boq_files_load(tmp_path):
    kind = kind_by_name('boq-resnet50')
    new = published(FoundationNetwork(kind), 'boq-resnet')
    places = {'0': 'frozen_layers.0.0', '1': 'frozen_layers.0.1', '4': 'frozen_layers.1'}
    places |= {'5': 'frozen_layers.2', '6': 'unfrozen_layers.0'}
    old = {re.sub(r'net\.(\d)', lambda m: places[m[1]], k): v for k, v in new.items()}
    network = read_checkpoint(saved(tmp_path, old), kind)
    assert torch.equal(network.backbone[6][0].conv1.weight, new['backbone.net.6.0.conv1.weight'])


class Code:
    def __reduce__(self):
        return (print, ('this must never be printed',))


@pytest.mark.parametrize(
    ('change', 'text'),
    [
        (lambda t: {k: v for k, v in t.items() if k != 'aggregation.1.p'}, 'head.1.p'),
        (lambda t: {**t, 'surplus.weight': torch.zeros(2)}, 'surplus.weight'),
        (lambda t: {**t, 'aggregation.3.bias': torch.zeros(128)}, r'head.3.bias \(128,\)'),
        (lambda t: {**t, 'aggregation.1.p': torch.tensor([float('nan')])}, 'not finite'),
        (lambda t: [1, 2], 'no named tensors'),
    ],
)
def test_checkpoint_mismatch_names_tensors(tmp_path, tensors, change, text):
    with pytest.raises(ConfigError, match=text):
        import_checkpoint(saved(tmp_path, change(tensors)), NAME)
    assert not weights_path(NAME).exists()


def test_another_variant_is_refused(tmp_path, tensors):
    with pytest.raises(ConfigError, match='is not cosplace-resnet50-64'):
        import_checkpoint(saved(tmp_path, tensors), 'cosplace-resnet50-64')
    with pytest.raises(ConfigError, match='is not dinov2-s-salad'):
        import_checkpoint(saved(tmp_path, tensors), 'dinov2-s-salad')


def test_damaged_files_and_code_are_refused(tmp_path, tensors, capfd):
    whole = saved(tmp_path, tensors).read_bytes()
    (tmp_path / 'cut.pth').write_bytes(whole[: len(whole) // 2])
    (tmp_path / 'cut.safetensors').write_bytes(whole[:1000])
    (tmp_path / 'code.pth').write_bytes(pickle.dumps(Code()))
    saved(tmp_path, {'state_dict': Code()}, 'wrapped.pth')
    for name in ('cut.pth', 'cut.safetensors', 'code.pth', 'wrapped.pth'):
        with pytest.raises(ConfigError, match='cannot be read as weights'):
            import_checkpoint(tmp_path / name, NAME)
    assert 'never be printed' not in ''.join(capfd.readouterr())
    with pytest.raises(ConfigError, match='missing'):
        import_checkpoint(tmp_path / 'absent.pth', NAME)


def test_imported_checkpoint_is_loaded_unchanged(tmp_path, tensors):
    with pytest.raises(ConfigError, match='avpr models import FILE'):
        load_stored(NAME)
    model = import_checkpoint(saved(tmp_path, tensors), NAME)
    network = load_stored(NAME, model.sha256)
    assert torch.equal(network.state_dict()['head.3.bias'], tensors['aggregation.3.bias'])
    with pytest.raises(ConfigError, match='was built with weights 000000000000'):
        load_stored(NAME, '0' * 64)
    weights_path(NAME).write_bytes(weights_path(NAME).read_bytes()[:-1])
    with pytest.raises(ConfigError, match='wrong hash'):
        load_stored(NAME)


def test_fetching_needs_a_connection_and_a_yes(tmp_path, tensors, monkeypatch):
    def closed(url, timeout):
        raise urllib.error.URLError('no route')

    monkeypatch.setattr(fetching.urllib.request, 'urlopen', closed)
    with pytest.raises(ConfigError, match=f'import FILE --as {NAME}'):
        fetch_model(NAME, lambda digest: True)
    path = saved(tmp_path, tensors)
    monkeypatch.setattr(fetching.urllib.request, 'urlopen', lambda url, timeout: path.open('rb'))
    with pytest.raises(ConfigError, match='not confirmed'):
        fetch_model(NAME, lambda digest: False)
    with pytest.raises(ConfigError, match='nothing is imported'):
        fetch_model(NAME, lambda digest: True, '0' * 64)
    assert not weights_path(NAME).exists()
    assert fetch_model(NAME, lambda digest: True).name == NAME
