"""Bands of frequency amplified, against direct convolution."""

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.augment.draws import Draws
from sparring.augment.filtering import amplify, filter_at_random, sample_gains
from sparring.augment.geometry import octaves


def images(count: int, height: int, width: int) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randn(count, 2, height, width, generator=random, dtype=torch.float64)


def test_amplifying_is_convolution_with_the_weighted_sum_of_the_bands() -> None:
    inputs, gains = images(1, 9, 6), torch.tensor([[1.3, 0.2, 2.0, 0.7]], dtype=torch.float64)
    taps = gains[0].numpy() @ np.array(octaves())
    padded = np.pad(inputs[0, 1].numpy(), 21, mode="reflect")
    rows = np.apply_along_axis(np.convolve, 0, padded, taps, mode="valid")
    expected = np.apply_along_axis(np.convolve, 1, rows, taps, mode="valid")
    np.testing.assert_allclose(amplify(inputs, gains)[0, 1].numpy(), expected, atol=1e-12)


def test_gains_of_one_change_nothing_and_equal_gains_scale() -> None:
    inputs, ones = images(2, 7, 1), torch.ones(2, 4, dtype=torch.float64)
    torch.testing.assert_close(amplify(inputs, ones), inputs, atol=1e-9, rtol=0)
    torch.testing.assert_close(amplify(inputs, 2 * ones), 4 * inputs, atol=1e-8, rtol=0)


def test_no_gain_of_a_positive_factor_loses_anything() -> None:
    taps = np.array([0.5, 2.0, 0.25, 3.0]) @ np.array(octaves())
    frequencies = np.linspace(0, np.pi, 101)
    response = (np.exp(-1j * frequencies[:, None] * (np.arange(43) - 21)) @ taps).real
    assert response.min() > 0.2


@pytest.mark.parametrize("probability", [0.0, 0.3, 1.0])
def test_images_are_left_as_they_are_where_no_band_is_sampled(probability: float) -> None:
    inputs = images(1, 4, 4).repeat(4000, 1, 1, 1)
    outputs = filter_at_random(inputs, Draws(4000, torch.Generator().manual_seed(0), inputs, probability))
    left = ((outputs - inputs).abs() < 1e-7).flatten(1).all(1).double().mean()
    assert float(left) == pytest.approx((1 - probability) ** 4, abs=0.02)


def test_the_expected_power_of_natural_images_stays_where_one_band_is_amplified() -> None:
    draws = Draws(4000, torch.Generator().manual_seed(0), torch.zeros((), dtype=torch.float64), 0.25)
    gains = sample_gains(draws)
    alike = ((gains[:, :, None] - gains[:, None]).abs() < 1e-9).sum((1, 2))
    once = alike == 3 * 3 + 1
    assert float(once.double().mean()) == pytest.approx(4 * 0.25 * 0.75**3, abs=0.03)
    power = (gains[once].square() * torch.tensor([10, 1, 1, 1]) / 13).sum(1)
    torch.testing.assert_close(power, torch.ones_like(power))
