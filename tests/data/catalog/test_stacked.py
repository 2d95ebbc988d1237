"""Stacked digits are real digits, three to an image."""

import numpy as np
import pytest

from sparring.data import Digits, StackedDigits

pytest.importorskip("sklearn")


def test_every_channel_is_a_real_digit_drawn_on_its_own() -> None:
    data, digits = StackedDigits(count=500).load(), Digits(size=8).load().pixels[:, 0]
    known = {one.tobytes(): index for index, one in enumerate(digits)}
    chosen = np.array([[known[channel.tobytes()] for channel in image] for image in data.pixels])
    assert data.shape == (3, 8, 8)
    assert len({tuple(row) for row in chosen}) == 500
    assert abs(np.corrcoef(chosen.T)[0, 1]) < 0.15


def test_the_set_depends_on_its_seed_alone() -> None:
    assert StackedDigits(count=9).load().digest == StackedDigits(count=9).load().digest
    assert StackedDigits(count=9).load().digest != StackedDigits(count=9, seed=1).load().digest
