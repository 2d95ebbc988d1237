"""Persistent dropout: the same mathematics everywhere, and reproducible samples."""

from contextlib import suppress

import pytest
import torch
from torch import nn

from sparring.layers.dropout import PersistentDropout, seeded_from


@pytest.mark.parametrize("training", [True, False])
def test_it_leaves_out_a_share_and_keeps_the_mean_in_training_and_after(training: bool) -> None:
    torch.manual_seed(0)
    found = PersistentDropout(0.5).train(training)(torch.ones(100_000))
    assert set(found.unique().tolist()) == {0.0, 2.0}
    assert abs(found.mean().item() - 1) < 0.02


def test_in_training_it_draws_what_torchs_own_dropout_draws() -> None:
    given = torch.randn(3, 4, 5)
    torch.manual_seed(0)
    expected = nn.Dropout(0.3)(given)
    torch.manual_seed(0)
    assert torch.equal(PersistentDropout(0.3)(given), expected)


def test_what_is_seeded_from_a_generator_depends_on_it_alone() -> None:
    layer, given, found = PersistentDropout(0.5).eval(), torch.ones(64), []
    for seed in (3, 3, 4):
        torch.rand(seed)
        with seeded_from(torch.Generator().manual_seed(seed)):
            found.append(layer(given))
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_blocks_after_one_another_draw_anew() -> None:
    random, found = torch.Generator().manual_seed(0), []
    for _ in range(2):
        with seeded_from(random):
            found.append(torch.rand(4))
    assert not torch.equal(*found)


def test_torchs_own_generator_goes_on_as_if_nothing_had_been_drawn_even_after_an_error() -> None:
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    with suppress(KeyError), seeded_from(torch.Generator()):
        torch.rand(7)
        raise KeyError
    assert torch.equal(torch.rand(3), expected)
