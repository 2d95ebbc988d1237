"""EQ-T and EQ-R of images that are known to move exactly, or not to."""

import math

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.equivariance import (
    rotation_equivariance,
    subpixel_equivariance,
    translation_equivariance,
)

MEASURES = [translation_equivariance, subpixel_equivariance, rotation_equivariance]


def waves(highest, size=(72, 80), stuck=0.0):
    """A generator of random plane waves, known between pixels too, with grain that sticks to the pixels."""

    def generate(transform, seed):
        random = torch.Generator().manual_seed(seed)
        angles, radii, phases = torch.rand(3, 30, generator=random, dtype=torch.float64)
        angles, radii = 2 * torch.pi * angles, highest * radii.sqrt()
        height, width = size
        y = torch.arange(height, dtype=torch.float64)[:, None] - (height - 1) / 2
        x = torch.arange(width, dtype=torch.float64) - (width - 1) / 2
        inverse = torch.linalg.inv(transform)
        u = inverse[0, 0] * x + inverse[0, 1] * y + inverse[0, 2]
        v = inverse[1, 0] * x + inverse[1, 1] * y + inverse[1, 2]
        frequencies = torch.stack((radii * angles.cos(), radii * angles.sin()))[..., None, None]
        image = (2 * torch.pi * (frequencies[0] * u + frequencies[1] * v + phases[:, None, None])).cos().mean(0)
        grain = torch.randn(size, generator=random, dtype=torch.float64)
        return (image + stuck * grain)[None, None]

    return generate


def test_whole_pixels_move_a_continuous_image_exactly():
    assert translation_equivariance(waves(0.5), repeats=4) > 250  # only rounding in float64 is left


@pytest.mark.parametrize("measure", [subpixel_equivariance, rotation_equivariance])
def test_a_band_limited_image_that_moves_exactly_has_a_high_value(measure):
    assert measure(waves(0.2), repeats=4) > 60
    assert measure(waves(0.1), repeats=4) > measure(waves(0.3), repeats=4)


@pytest.mark.parametrize("measure", MEASURES)
def test_grain_that_sticks_to_the_pixels_has_the_value_of_its_variance(measure):
    # Both images hold grain of their own: twice the variance, less what filters take away.
    bound = 10 * math.log10(4 / (2 * 0.1**2))
    assert bound - 0.5 < measure(waves(0.2, stuck=0.1), repeats=6) < bound + 3


@pytest.mark.parametrize("measure", MEASURES)
def test_an_image_that_does_not_move_has_a_low_value(measure):
    still = waves(0.2)
    value = measure(lambda transform, seed: still(torch.eye(3, dtype=torch.float64), seed), repeats=4)
    assert value < 30


def test_an_image_that_turns_the_other_way_is_found_out():
    generate = waves(0.2)
    assert rotation_equivariance(lambda transform, seed: generate(transform.T, seed), repeats=4) < 30


@pytest.mark.parametrize("measure", MEASURES)
def test_an_error_of_known_size_has_its_value_in_decibel(measure):
    # All pixels off by 0.02: 10 log₁₀(4 / 0.02²) = 40 dB; a filter keeps a constant as it is.
    generate = waves(0.05)

    def brightened(transform, seed):
        moves = not torch.equal(transform, torch.eye(3, dtype=torch.float64))
        return generate(transform, seed) + 0.02 * moves

    assert measure(brightened, repeats=2) == pytest.approx(40, abs=0.1)


def test_a_blank_image_is_infinitely_equivariant():
    assert translation_equivariance(lambda transform, seed: torch.zeros(2, 3, 16, 16), repeats=2) == math.inf


def test_frequencies_in_the_corners_do_not_count_against_a_rotation():
    # A diagonal wave at .6 cycles per pixel: on the grid before most rotations, beyond it after them.
    def generate(transform, seed):
        axis = torch.arange(80, dtype=torch.float64) - 39.5
        inverse = torch.linalg.inv(transform)
        frequency = inverse[:2, :2].T @ torch.tensor([0.42, 0.42], dtype=torch.float64)
        inside = frequency.abs().max() < 0.5  # an alias-free generator leaves out what its grid cannot hold
        wave = (2 * torch.pi * (frequency[0] * axis + frequency[1] * axis[:, None])).cos()
        return (0.5 * inside * wave)[None, None]

    assert rotation_equivariance(generate, repeats=12) > 25


def test_values_are_those_of_the_seed():
    generate = waves(0.2, stuck=0.1)
    assert subpixel_equivariance(generate, repeats=2) == subpixel_equivariance(generate, repeats=2)
    assert subpixel_equivariance(generate, repeats=2) != subpixel_equivariance(generate, repeats=2, seed=9)


def test_images_that_are_all_border_are_refused():
    with pytest.raises(MetricError, match="needs larger images"):
        rotation_equivariance(waves(0.1, size=(16, 16)), repeats=2)
