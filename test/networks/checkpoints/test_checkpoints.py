# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import pickle
import re
from types import SimpleNamespace
import urllib.error
import zipfile

from official import published
import pytest
from safetensors import SafetensorError
import torch

from avpr_ros.errors import ConfigError
from avpr_ros.networks.checkpoints import fetching, store
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


class Answer(io.BytesIO):
    """A body with its announced length."""

    def __init__(self, body, length):
        super().__init__(body)
        self.headers = {'Content-Length': str(length)}


def serve(monkeypatch, open_url):
    opener = SimpleNamespace(open=open_url)
    monkeypatch.setattr(fetching.urllib.request, 'build_opener', lambda *_: opener)


def test_fetching_needs_a_connection_and_a_yes(tmp_path, tensors, monkeypatch):
    def closed(url, timeout):
        raise urllib.error.URLError('no route')

    serve(monkeypatch, closed)
    with pytest.raises(ConfigError, match=f'import FILE --as {NAME}'):
        fetch_model(NAME, lambda digest: True)
    body = saved(tmp_path, tensors).read_bytes()
    serve(monkeypatch, lambda url, timeout: Answer(body, len(body)))
    with pytest.raises(ConfigError, match='not confirmed'):
        fetch_model(NAME, lambda digest: False)
    with pytest.raises(ConfigError, match='nothing is imported'):
        fetch_model(NAME, lambda digest: True, '0' * 64)
    assert not weights_path(NAME).exists()
    assert fetch_model(NAME, lambda digest: True).name == NAME


def test_half_a_body_and_an_endless_one_are_refused(monkeypatch):
    serve(monkeypatch, lambda url, timeout: Answer(b'half', 8))
    with pytest.raises(ConfigError, match='4 of 8 bytes arrived'):
        fetch_model(NAME, lambda digest: True)
    monkeypatch.setattr(fetching, 'MAX_BYTES', 10)
    serve(monkeypatch, lambda url, timeout: Answer(bytes(11), 11))
    with pytest.raises(ConfigError, match='more than'):
        fetch_model(NAME, lambda digest: True)


def test_redirects_lead_to_https_alone():
    handler, request = fetching._HttpsOnly(), fetching.urllib.request.Request('https://a.invalid/')
    for url in ('http://a.invalid/', 'file:///etc/passwd', 'ftp://a.invalid/'):
        with pytest.raises(ConfigError, match='only https'):
            handler.redirect_request(request, None, 302, '', {}, url)
    there = handler.redirect_request(request, None, 302, '', {}, 'https://b.invalid/')
    assert there.full_url == 'https://b.invalid/'


def test_a_mapping_that_holds_itself_is_refused(tmp_path):
    endless = {}
    endless['state_dict'] = endless
    with pytest.raises(ConfigError, match='no named tensors'):
        import_checkpoint(saved(tmp_path, endless), NAME)


def test_a_compressed_archive_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / 'bomb.pth', 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr('x/data/0', bytes(10_000_000))
    with pytest.raises(ConfigError, match='cannot be read as weights'):
        import_checkpoint(tmp_path / 'bomb.pth', NAME)


def test_a_name_that_leads_elsewhere_is_no_network():
    for name in ('gem-../../x', 'gem-hf-hub:someone/else', 'gem-/x'):
        with pytest.raises(ConfigError, match='unknown gallery network'):
            kind_by_name(name)


def test_a_full_disk_leaves_the_old_weights(tmp_path, monkeypatch, tensors):
    import_checkpoint(saved(tmp_path, tensors), NAME)
    before = weights_path(NAME).read_bytes()

    def fail(*_):
        raise SafetensorError('I/O error: No space left on device (os error 28)')

    monkeypatch.setattr(store, 'save_file', fail)
    with pytest.raises(ConfigError, match='No space left on device'):
        import_checkpoint(saved(tmp_path, tensors), NAME)
    assert weights_path(NAME).read_bytes() == before
    assert not [path for path in weights_path(NAME).parent.iterdir() if path.is_dir()]
