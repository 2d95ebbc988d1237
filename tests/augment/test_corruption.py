"""Noise and rectangles cut out."""

import pytest
import torch
from torch import Tensor

from sparring.augment.corruption import add_noise_at_random, cut_out, cut_out_at_random
from sparring.augment.draws import Draws


def draws(given: Tensor, probability: float) -> Draws:
    return Draws(len(given), torch.Generator().manual_seed(0), given, probability)


def test_each_image_has_noise_of_its_own_deviation_with_the_probability() -> None:
    given = torch.zeros(4000, 1, 10, 10, dtype=torch.float64)
    found = add_noise_at_random(given, draws(given, 0.7)).flatten(1)
    noisy = (found != 0).any(1)
    assert float(noisy.double().mean()) == pytest.approx(0.7, abs=0.03)
    deviations = found[noisy].square().mean(1)
    assert float(deviations.mean().sqrt()) == pytest.approx(0.1, rel=0.05)
    assert float(deviations.sqrt().mean()) == pytest.approx(0.1 * (2 / torch.pi) ** 0.5, rel=0.05)


def test_a_rectangle_is_cut_out_about_its_middle_from_all_channels() -> None:
    given = torch.ones(2, 3, 4, 8)
    found = cut_out(given, torch.tensor([0.5, 0.0]), torch.tensor([0.25, 1.0]), torch.tensor([0.5, 0.5]))
    expected = torch.ones(2, 4, 8)
    expected[0, 1:3, 0:4] = 0
    expected[1, :1, 6:] = 0
    assert torch.equal(found, expected[:, None].expand_as(given))


def test_a_rectangle_of_no_size_cuts_nothing() -> None:
    given = torch.ones(1, 1, 5, 5)
    assert torch.equal(cut_out(given, *torch.tensor([[0.5], [0.5], [0.0]])), given)


def test_half_of_each_side_is_cut_out_with_the_probability() -> None:
    given = torch.ones(4000, 1, 16, 16)
    found = cut_out_at_random(given, draws(given, 0.3))
    gone = (found == 0).float().mean((1, 2, 3))
    assert float((gone > 0).float().mean()) == pytest.approx(0.3, abs=0.03)
    assert float(gone.max()) == pytest.approx(0.25)
    # a side's share that is inside, 1/2 less what sticks out, is 7/16 in the mean
    assert float(gone[gone > 0].mean()) == pytest.approx((7 / 16) ** 2, rel=0.06)
