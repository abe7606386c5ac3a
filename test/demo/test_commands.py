# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import pytest

from avpr_ros.demo.commands import MAP, PAGE, prepare_folder
from avpr_ros.errors import ConfigError


def test_own_files_in_the_folder_of_an_earlier_demo_stay(tmp_path: Path):
    prepare_folder(tmp_path / 'demo')
    (tmp_path / 'demo' / MAP).mkdir()
    (tmp_path / 'demo' / 'notes.txt').write_text('mine', encoding='utf-8')
    with pytest.raises(ConfigError, match=r"'notes\.txt', which is no part of the demo"):
        prepare_folder(tmp_path / 'demo')
    assert (tmp_path / 'demo' / MAP).is_dir()


def test_folder_of_an_earlier_demo_is_emptied_behind_a_link_too(tmp_path: Path):
    prepare_folder(tmp_path / 'demo')
    (tmp_path / 'demo' / PAGE).touch()
    (tmp_path / 'link').symlink_to('demo')
    prepare_folder(tmp_path / 'link')
    assert not (tmp_path / 'demo' / PAGE).exists()
