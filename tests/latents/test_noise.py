"""Noise that is optimized stays noise: its regularization against the paper's sum, written out."""

import torch

from sparring.latents.noise import noise_correlation, normalize_noise


def by_hand(noise: torch.Tensor) -> float:
    total, (height, width) = 0.0, noise.shape
    while True:
        rows, columns = range(noise.shape[0]), range(noise.shape[1])
        across = sum(float(noise[y, x] * noise[y, x - 1]) for y in rows for x in columns) / noise.numel()
        down = sum(float(noise[y, x] * noise[y - 1, x]) for y in rows for x in columns) / noise.numel()
        total += across**2 + down**2
        if min(noise.shape) <= 8:
            return total
        height, width = noise.shape[0] // 2, noise.shape[1] // 2
        noise = noise.reshape(height, 2, width, 2).sum((1, 3)) / 4 * 2


def test_correlation_is_the_papers_sum_over_layers_and_resolutions() -> None:
    noise = [torch.randn(2, 1, side, side, dtype=torch.float64) for side in (4, 8, 32)]
    correlation = noise_correlation(noise)
    for index in range(2):
        expected = sum(by_hand(level[index, 0]) for level in noise)
        torch.testing.assert_close(float(correlation[index]), expected)


def test_white_noise_has_little_and_a_picture_much() -> None:
    random = torch.Generator().manual_seed(0)
    white = torch.randn(1, 1, 64, 64, generator=random)
    smooth = torch.linspace(-1.7, 1.7, 64).expand(1, 1, 64, 64)
    assert noise_correlation([white]) < 0.1 < 1 < noise_correlation([smooth])


def test_noise_is_normalized_by_sample() -> None:
    noise = [torch.randn(3, 1, 8, 8) * 4 + 2, torch.full((1, 1, 1, 1), 5.0)]
    normalize_noise(noise)
    torch.testing.assert_close(noise[0].mean((1, 2, 3)), torch.zeros(3), atol=1e-6, rtol=0)
    torch.testing.assert_close(noise[0].square().mean((1, 2, 3)), torch.ones(3))
    assert float(noise[1]) == 5
