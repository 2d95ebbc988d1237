"""Noise and rectangles cut out."""

import pytest
import torch
from torch import Tensor

from sparring.augment.corruption import add_noise_at_random, cut_out, cut_out_at_random
from sparring.augment.draws import Draws


def draws(inputs: Tensor, probability: float) -> Draws:
    return Draws(len(inputs), torch.Generator().manual_seed(0), inputs, probability)


def test_each_image_has_noise_of_its_own_deviation_with_the_probability() -> None:
    inputs = torch.zeros(4000, 1, 10, 10, dtype=torch.float64)
    outputs = add_noise_at_random(inputs, draws(inputs, 0.7)).flatten(1)
    noisy = (outputs != 0).any(1)
    assert float(noisy.double().mean()) == pytest.approx(0.7, abs=0.03)
    deviations = outputs[noisy].square().mean(1)
    assert float(deviations.mean().sqrt()) == pytest.approx(0.1, rel=0.05)
    assert float(deviations.sqrt().mean()) == pytest.approx(0.1 * (2 / torch.pi) ** 0.5, rel=0.05)


def test_a_rectangle_is_cut_out_about_its_middle_from_all_channels() -> None:
    inputs = torch.ones(2, 3, 4, 8)
    outputs = cut_out(inputs, torch.tensor([0.5, 0.0]), torch.tensor([0.25, 1.0]), torch.tensor([0.5, 0.5]))
    expected = torch.ones(2, 4, 8)
    expected[0, 1:3, 0:4] = 0
    expected[1, :1, 6:] = 0
    assert torch.equal(outputs, expected[:, None].expand_as(inputs))


def test_a_rectangle_of_no_size_cuts_nothing() -> None:
    inputs = torch.ones(1, 1, 5, 5)
    assert torch.equal(cut_out(inputs, *torch.tensor([[0.5], [0.5], [0.0]])), inputs)


def test_half_of_each_side_is_cut_out_with_the_probability() -> None:
    inputs = torch.ones(4000, 1, 16, 16)
    outputs = cut_out_at_random(inputs, draws(inputs, 0.3))
    gone = (outputs == 0).float().mean((1, 2, 3))
    assert float((gone > 0).float().mean()) == pytest.approx(0.3, abs=0.03)
    assert float(gone.max()) == pytest.approx(0.25)
    # a side's share that is inside, 1/2 less what sticks out, is 7/16 in the mean
    assert float(gone[gone > 0].mean()) == pytest.approx((7 / 16) ** 2, rel=0.06)
