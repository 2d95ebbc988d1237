"""The reader knows real digits, and counts triples as Stacked MNIST's protocol does."""

import pytest
import torch

from sparring.bench.reader import count_triples, train_reader
from sparring.data import Digits, StackedDigits
from sparring.errors import ShapeError

pytest.importorskip("sklearn")


def test_the_reader_knows_nearly_all_digits_that_were_held_out() -> None:
    assert train_reader(8, 8).accuracy > 0.98


def test_it_reads_each_channel_on_its_own() -> None:
    digits = Digits(size=8).load()
    images = torch.from_numpy(digits.pixels[:300]).float().div(127.5).sub(1).reshape(100, 3, 8, 8)
    assert digits.labels is not None
    assert (train_reader(8, 8).read(images) == digits.labels[:300].reshape(100, 3)).mean() > 0.99


def test_real_triples_cover_nearly_all_modes_as_a_perfect_sampler_would() -> None:
    data = StackedDigits(count=26_000).load()
    modes, _ = count_triples(torch.from_numpy(data.pixels).float() / 127.5 - 1)
    assert modes.found == modes.count == 1000
    assert modes.divergence == pytest.approx(0.0193, abs=0.003)


def test_a_generator_of_one_image_has_one_mode() -> None:
    modes, _ = count_triples(torch.full((50, 3, 8, 8), -1.0))
    assert (modes.found, modes.divergence) == (1, pytest.approx(6.9078, abs=1e-4))
    with pytest.raises(ShapeError, match="needs \\[N, 3, H, W\\]"):
        count_triples(torch.zeros(4, 1, 8, 8))
