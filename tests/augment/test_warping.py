"""The warp against a direct statement in float64, and the laws that it keeps."""

from math import log, pi

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.augment.blitting import move_pixels
from sparring.augment.draws import Draws
from sparring.augment.warping import rotation, warp, warp_at_random
from sparring.augment.wavelets import SYM6
from sparring.theory import any_rotation, compose_kernels, gaussian_noise, leak, smallest_eigenvalue

MARGIN = 60


def images(count: int, height: int, width: int) -> Tensor:
    return torch.randn(count, 2, height, width, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def maps(count: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(1)
    matrix = torch.eye(2, dtype=torch.float64) + 0.4 * torch.randn(count, 2, 2, generator=random, dtype=torch.float64)
    return matrix, 2 * torch.randn(count, 2, generator=random, dtype=torch.float64)


def plain(count: int) -> tuple[Tensor, Tensor]:
    return torch.eye(2, dtype=torch.float64).expand(count, 2, 2), torch.zeros(count, 2, dtype=torch.float64)


def filtered(image: np.ndarray, taps: np.ndarray) -> np.ndarray:
    rows = np.apply_along_axis(np.convolve, 0, image, taps)
    return np.apply_along_axis(np.convolve, 1, rows, taps)


def stated(image: np.ndarray, matrix: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Pads, puts zeros between pixels, filters, interpolates between the four nearest samples, filters, halves."""
    height, width = image.shape
    padded = np.pad(image, MARGIN, mode="reflect")
    spread = np.zeros((2 * padded.shape[0], 2 * padded.shape[1]))
    spread[::2, ::2] = padded
    doubled = filtered(spread, np.array(SYM6) * 2**0.5)[5:, 5:]
    moved = np.zeros((2 * height + 10, 2 * width + 10))
    inverse = np.linalg.inv(matrix)
    for row in range(moved.shape[0]):
        for column in range(moved.shape[1]):
            place = np.array([(column - 5 + 0.5) / 2 - width / 2, (row - 5 + 0.5) / 2 - height / 2])
            right, down = 2 * (inverse @ (place - shift) + np.array([width, height]) / 2 + MARGIN) - 0.5
            left, above = int(np.floor(right)), int(np.floor(down))
            x, y = right - left, down - above
            upper = (1 - x) * doubled[above, left] + x * doubled[above, left + 1]
            lower = (1 - x) * doubled[above + 1, left] + x * doubled[above + 1, left + 1]
            moved[row, column] = (1 - y) * upper + y * lower
    taps = np.array(SYM6) / 2**0.5
    return np.array(
        [
            [taps @ moved[2 * row : 2 * row + 12, 2 * column : 2 * column + 12] @ taps for column in range(width)]
            for row in range(height)
        ]
    )


def test_a_warp_is_what_the_definition_says() -> None:
    inputs, (matrix, shift) = images(3, 5, 6), maps(3)
    outputs = warp(inputs, matrix, shift)
    for one, image, linear, by in zip(outputs, inputs, matrix, shift, strict=True):
        for channel in range(2):
            expected = stated(image[channel].numpy(), linear.numpy(), by.numpy())
            np.testing.assert_allclose(one[channel].numpy(), expected, atol=1e-9)


@pytest.mark.parametrize("shape", [(1, 1), (2, 1), (3, 4), (9, 5)], ids=str)
def test_where_nothing_moves_an_image_is_given_back_exactly(shape: tuple[int, int]) -> None:
    inputs = images(2, *shape)
    torch.testing.assert_close(warp(inputs, *plain(2)), inputs, atol=1e-9, rtol=0)


def test_whole_pixels_are_shifted_as_by_copying() -> None:
    inputs, (matrix, _) = images(3, 7, 8), plain(3)
    shift = torch.tensor([[1.0, 0.0], [-3.0, 2.0], [0.0, -20.0]], dtype=torch.float64)
    none = torch.zeros(3, dtype=torch.long)
    expected = move_pixels(inputs, none, none, shift[:, 1].long(), shift[:, 0].long())
    torch.testing.assert_close(warp(inputs, matrix, shift), expected, atol=1e-9, rtol=0)


def test_a_smooth_image_is_turned_clockwise_and_scaled_about_its_middle() -> None:
    places = torch.linspace(-2, 2, 32, dtype=torch.float64)

    def blob(right: float, down: float, size: float) -> Tensor:
        return torch.exp(-((places - right).square() + (places[:, None] - down).square()) / size)[None, None]

    inputs, (_, still) = blob(0.8, 0.2, 0.4), plain(1)  # sym6 is a little lopsided: by a fifth of a pixel
    turned = warp(inputs, rotation(torch.tensor([pi / 2], dtype=torch.float64)), still)
    assert float((turned - blob(-0.2, 0.8, 0.4)).abs().max()) < 0.1
    twice = warp(inputs, 2 * torch.eye(2, dtype=torch.float64)[None], still)
    assert float((twice - blob(1.6, 0.4, 1.6)).abs().max()) < 0.1


def test_an_even_image_stays_even_however_it_is_warped() -> None:
    inputs = torch.full((5, 1, 6, 7), 0.7, dtype=torch.float64)
    torch.testing.assert_close(warp(inputs, *maps(5)), inputs, atol=1e-9, rtol=0)


def test_a_fine_pattern_that_is_made_smaller_does_not_alias() -> None:
    stripes = torch.ones(1, 1, 32, 32, dtype=torch.float64)
    stripes[..., ::2] = -1
    half = warp(stripes, 0.5 * torch.eye(2, dtype=torch.float64)[None], plain(1)[1])
    assert float(half.abs().max()) < 0.25


def test_first_and_second_derivatives_are_those_of_finite_differences() -> None:
    inputs, (matrix, shift) = images(2, 3, 4).requires_grad_(), maps(2)
    assert torch.autograd.gradcheck(lambda values: warp(values, matrix, shift).pow(3), (inputs,))
    assert torch.autograd.gradgradcheck(lambda values: warp(values, matrix, shift).pow(3), (inputs,))


@pytest.mark.parametrize("probability", [0.0, 0.5, 1.0])
def test_images_are_left_as_they_are_with_the_probability_that_nothing_is_sampled(probability: float) -> None:
    inputs = images(4000, 2, 2)
    outputs = warp_at_random(inputs, Draws(4000, torch.Generator().manual_seed(0), inputs, probability))
    left = ((outputs - inputs).abs() < 1e-7).flatten(1).all(1).double().mean()
    assert float(left) == pytest.approx((1 - probability) ** 4, abs=0.02)


def test_scales_are_a_fifth_of_an_octave_and_shifts_an_eighth_of_a_side() -> None:
    draws = Draws(20_000, torch.Generator().manual_seed(0), torch.zeros((), dtype=torch.float64))
    assert float(draws.scale(0.2).log().std()) == pytest.approx(0.2 * log(2), rel=0.03)
    edge = torch.arange(64.0, dtype=torch.float64).expand(1, 1, 64, 64)
    outputs = warp(edge, *plain(1))[..., 32] - warp(edge, plain(1)[0], torch.tensor([[8.0, 0.0]]).double())[..., 32]
    torch.testing.assert_close(outputs, torch.full_like(outputs, 8.0))


def test_turning_twice_turns_at_all_with_the_probability_and_leaks_only_at_1() -> None:
    share = 1 - (1 - 0.8) ** 0.5
    both = compose_kernels(any_rotation(share), any_rotation(share))
    assert smallest_eigenvalue(both) == pytest.approx(1 - 0.8, abs=1e-9)
    assert leak(both) is None
    assert leak(any_rotation(1.0)) is not None


def test_scaling_does_not_leak_below_probability_1() -> None:
    count = 64
    for probability in (0.5, 0.8, 0.99):
        kernel = (1 - probability) * np.eye(count) + probability * gaussian_noise(4.0, count)
        assert smallest_eigenvalue(kernel).real >= 1 - probability - 1e-12
        assert leak(kernel) is None
