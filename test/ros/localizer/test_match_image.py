# Copyright 2026 the avpr_ros developers
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from avpr_ros.localization.match_picture import HEIGHT_PX, match_picture
from avpr_ros.localization.result import MatchResult, Reason
from avpr_ros.ros.localizer.visualization import match_image_message
from avpr_ros.sources.images.decode import decode_image

WHITE = np.full((480, 640, 3), 255, np.uint8)
BLUE = np.full((60, 60, 3), (0, 0, 255), np.uint8)


def test_both_stand_side_by_side_at_one_height() -> None:
    picture = match_picture(WHITE, BLUE, True, 'accepted')
    assert picture.shape[1] == 320 + 240
    assert (picture[:HEIGHT_PX, :320] == 255).all()
    assert (picture[:HEIGHT_PX, 320:] == (0, 0, 255)).all()


@pytest.mark.parametrize(('accepted', 'channel'), [(True, 1), (False, 0)])
def test_the_decision_stands_below_in_its_colour(accepted: bool, channel: int) -> None:
    strip = match_picture(WHITE, BLUE, accepted, 'similarity 0.812, at least 0.8')[HEIGHT_PX:]
    assert np.bincount(strip.argmax(axis=2).ravel()).argmax() == channel
    silent = match_picture(WHITE, BLUE, accepted, '')[HEIGHT_PX:]
    assert strip.min(axis=2).max() > 150
    assert silent.min(axis=2).max() < 60


@pytest.mark.parametrize('text', ['', 'x' * 2000, 'Straße – ünlesbar', 'a\nb'])
def test_any_text_and_any_shape_give_a_picture(text: str) -> None:
    for shape in ((1, 1, 3), (1, 900, 3), (900, 1, 3)):
        picture = match_picture(np.zeros(shape, np.uint8), None, False, text)
        assert picture.dtype == np.uint8
        assert picture.shape[0] > HEIGHT_PX


def test_the_message_holds_the_picture() -> None:
    picture = match_picture(WHITE, BLUE, True, 'accepted')
    result = MatchResult(1_700_000_000_000_000_001, 'left', (), None, Reason.NO_CANDIDATE, '')
    message = match_image_message(result, picture)
    assert (message.header.frame_id, message.header.stamp.nanosec) == ('left', 1)
    assert np.array_equal(decode_image(message), picture)
