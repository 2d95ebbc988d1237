"""Colours against 4x4 matrices written out, and which channels are colours."""

from math import cos, pi, sin

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.augment.colour import affine_colour_map, recolour, recolour_at_random
from sparring.augment.draws import Draws
from sparring.theory import cyclic, flip, leak, smallest_eigenvalue


def images(count: int, channels: int) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(count, channels, 3, 4, generator=random, dtype=torch.float64) * 2 - 1


def numbers(*values: float) -> list[Tensor]:
    return [torch.tensor([value], dtype=torch.float64) for value in values]


def stated(brightness: float, contrast: float, mirrored: int, angle: float, saturation: float) -> np.ndarray:
    """The five 4x4 matrices of the paper, one after the other."""
    gray = np.array([1, 1, 1, 0]) / 3**0.5
    shifted = np.eye(4)
    shifted[:3, 3] = brightness
    scaled = np.diag([contrast, contrast, contrast, 1])
    householder = np.eye(4) - 2 * mirrored * np.outer(gray, gray)
    turned = np.eye(4)
    x, y, z = gray[:3]
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turned[:3, :3] = np.eye(3) + sin(angle) * cross + (1 - cos(angle)) * cross @ cross  # Rodrigues
    kept = np.outer(gray, gray)
    saturated = kept + saturation * (np.eye(4) - kept)
    saturated[3] = np.eye(4)[3]
    return saturated @ turned @ householder @ scaled @ shifted


SETTINGS = [
    (0.3, 1, 0, 0, 1),
    (0, 1.7, 0, 0, 1),
    (0, 1, 1, 0, 1),
    (0, 1, 0, 2.1, 1),
    (0, 1, 0, 0, 0.4),
    (-0.2, 0.6, 1, -1.3, 1.9),
]

every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=str)


@every_setting
def test_colours_are_changed_as_by_the_matrices_of_the_paper(setting: tuple[float, ...]) -> None:
    inputs, matrix = images(1, 3), stated(*setting)
    outputs = recolour(inputs, *affine_colour_map(*numbers(*setting)))
    expected = np.einsum("ij,njhw->nihw", matrix[:3, :3], inputs.numpy()) + matrix[:3, 3][:, None, None]
    np.testing.assert_allclose(outputs.numpy(), expected, atol=1e-12)


@every_setting
def test_gray_is_changed_as_colours_that_are_gray(setting: tuple[float, ...]) -> None:
    inputs, change = images(1, 1), affine_colour_map(*numbers(*setting))
    in_colour = recolour(inputs.expand(1, 3, 3, 4), *change)
    torch.testing.assert_close(recolour(inputs, *change), in_colour.mean(1, keepdim=True))


@pytest.mark.parametrize("channels", [2, 4])
def test_opacity_is_left_alone(channels: int) -> None:
    inputs, change = images(1, channels), affine_colour_map(*numbers(0.2, 1.5, 1, 0.4, 2.0))
    outputs = recolour(inputs, *change)
    assert torch.equal(outputs[:, -1], inputs[:, -1])
    torch.testing.assert_close(outputs[:, :-1], recolour(inputs[:, :-1], *change))


def test_channels_that_are_no_colours_are_left_alone() -> None:
    inputs = images(2, 6)
    assert torch.equal(recolour_at_random(inputs, Draws(2, torch.Generator(), inputs, 1.0)), inputs)


@every_setting
def test_a_change_of_colours_can_be_undone(setting: tuple[float, ...]) -> None:
    assert abs(np.linalg.det(stated(*setting))) > 0.05


@pytest.mark.parametrize("probability", [0.0, 0.4, 1.0])
def test_the_mean_colour_moves_as_far_as_the_paper_says(probability: float) -> None:
    inputs = torch.zeros(20_000, 1, 1, 1, dtype=torch.float64)
    outputs = recolour_at_random(
        inputs, Draws(len(inputs), torch.Generator().manual_seed(0), inputs, probability)
    ).flatten()
    assert float((outputs != 0).double().mean()) == pytest.approx(probability, abs=0.02)
    octaves = 0.5 * np.log(2)
    contrast = 1 - probability + probability * np.exp(2 * octaves**2)  # E c² of what is log-normal, and 1 otherwise
    assert float(outputs.square().mean()) == pytest.approx(0.2**2 * probability * contrast, rel=0.08)


def test_mirrored_lightness_leaks_at_probability_1_alone_and_so_does_hue() -> None:
    for probability in (0.3, 0.8):
        assert smallest_eigenvalue(flip(probability / 2)).real == pytest.approx(1 - probability)
        hue = cyclic((1 - probability) * np.eye(36)[0] + probability / 36)
        assert leak(hue) is None
        assert smallest_eigenvalue(hue).real == pytest.approx(1 - probability)
    assert leak(flip(1 / 2)) is not None
    assert leak(cyclic(np.full(36, 1 / 36))) is not None


def test_hue_is_turned_by_any_angle_and_lightness_mirrored_by_half_of_the_samples() -> None:
    inputs = torch.tensor([1.0, -0.5, -0.5], dtype=torch.float64).view(1, 3, 1, 1).repeat(20_000, 1, 1, 1) + 1
    outputs = recolour_at_random(inputs, Draws(len(inputs), torch.Generator().manual_seed(0), inputs, 0.5))[:, :, 0, 0]
    across = torch.atan2(outputs[:, 2] - outputs[:, 1], 3**0.5 * (outputs[:, 0] - outputs.mean(1)))
    same = (across.abs() < 1e-9).double().mean()
    assert float(same) == pytest.approx(0.5, abs=0.02)
    quarters = torch.histc(across[across.abs() > 1e-9], 4, -pi, pi) / (0.5 * len(inputs))
    torch.testing.assert_close(quarters, torch.full_like(quarters, 0.25), atol=0.02, rtol=0)
    assert float((outputs.mean(1) < 0).double().mean()) == pytest.approx(0.25, abs=0.02)
