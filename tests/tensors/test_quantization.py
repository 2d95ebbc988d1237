"""Between levels and continuous samples: bins of equal volume, and bits that can be counted by hand."""

from math import log, log2

import pytest
import torch

from sparring.tensors.quantization import bits_per_dimension, dequantize, quantize


def grid(levels: int) -> torch.Tensor:
    return torch.linspace(-1, 1, levels, dtype=torch.float64).float()


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_every_level_comes_back(levels: int) -> None:
    for seed in range(20):
        noisy = dequantize(grid(levels), torch.Generator().manual_seed(seed), levels)
        torch.testing.assert_close(quantize(noisy, levels), grid(levels))


def test_images_of_evenly_spread_levels_become_evenly_spread_numbers() -> None:
    images = grid(5).repeat(40_000)
    found = dequantize(images, torch.Generator().manual_seed(0), 5)
    assert found.min() >= -1
    assert found.max() < 1
    shares = torch.histc(found, 20, -1, 1) / len(images)
    assert (shares - 1 / 20).abs().max() < 0.002


def test_what_lies_beyond_is_black_or_white() -> None:
    assert quantize(torch.tensor([-1.2, -1.0, 1.0, 1.2])).tolist() == [-1, -1, 1, 1]


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_uniform_noise_takes_as_many_bits_as_there_are_levels(levels: int) -> None:
    found = bits_per_dimension(torch.tensor([-12 * log(2)]), 12, levels)
    torch.testing.assert_close(found, torch.tensor([log2(levels)]))


def test_a_density_of_steps_scores_the_entropy_of_its_levels_and_a_smooth_one_no_less() -> None:
    levels = 4
    masses = torch.tensor([0.5, 0.25, 0.125, 0.125])
    entropy = 0.5 * 1 + 0.25 * 2 + 0.125 * 3 + 0.125 * 3
    images = grid(levels)[torch.multinomial(masses, 200_000, True, generator=torch.Generator().manual_seed(0))]
    noisy = dequantize(images, torch.Generator().manual_seed(1), levels)
    steps = (masses * levels / 2).log()[((noisy + 1) * levels / 2).long()]
    assert abs(bits_per_dimension(steps, 1, levels).mean().item() - entropy) < 0.01
    slope = -(4 * masses * torch.tensor([-0.75, -0.25, 0.25, 0.75])).sum() / 4  # a line through the same mean, about
    line = (0.5 - 0.5 * slope.clamp(0, 0.9) * noisy).log()
    assert bits_per_dimension(line, 1, levels).mean().item() > entropy
