"""Moves of images: wavelet filters, whole pixels, affine maps."""

from itertools import product
from math import log, pi

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.augment.draws import Draws
from sparring.augment.geometry import (
    SYM2,
    SYM6,
    blit,
    doubling,
    fold,
    halving,
    move_pixels,
    octaves,
    reflecting,
    rotation,
    warp,
    warp_at_random,
)
from sparring.theory import any_rotation, compose_kernels, cyclic, gaussian_noise, leak, smallest_eigenvalue

SIDES = [1, 2, 3, 5, 8, 13]

every_side = pytest.mark.parametrize("side", SIDES)

LIKE = torch.zeros((), dtype=torch.float64)


def reflected(row: np.ndarray, margin: int) -> np.ndarray:
    return np.pad(row, margin, mode="reflect") if len(row) > 1 else np.full(2 * margin + 1, row[0])


def row_of(side: int) -> np.ndarray:
    return np.random.default_rng(side).normal(size=side)


@pytest.mark.parametrize("taps", [SYM2, SYM6], ids=["sym2", "sym6"])
def test_a_symlet_is_orthogonal_to_its_even_shifts_and_has_as_many_vanishing_moments_as_its_name_says(
    taps: tuple[float, ...],
) -> None:
    count, places = len(taps), np.arange(len(taps))
    products = [np.dot(taps[: count - shift], taps[shift:]) for shift in range(0, count, 2)]
    np.testing.assert_allclose(products, [1, *[0] * (len(products) - 1)], atol=1e-9)
    assert sum(taps) == pytest.approx(2**0.5, abs=1e-9)
    for moment in range(count // 2):
        alternating = np.array(taps) * (-1.0) ** places * (places / count) ** moment
        assert alternating.sum() == pytest.approx(0, abs=1e-9)


@every_side
def test_folding_reads_pixels_as_reflection_pads_them(side: int) -> None:
    row = row_of(side)
    outputs = row[fold(torch.arange(-40, side + 40), side).numpy()]
    np.testing.assert_array_equal(outputs, reflected(row, 40))


@every_side
def test_doubling_is_zeros_between_pixels_and_the_filter_over_them(side: int) -> None:
    row = row_of(side)
    spread = np.zeros(2 * (side + 40))
    spread[::2] = reflected(row, 20)
    # tap k of pixel i falls on sample 2 i + k - 5, so that its twelve taps lie evenly around (i + ½) · 2 - ½
    whole = np.convolve(spread, np.array(SYM6) * 2**0.5)[40 + 5 :]
    matrix = doubling(side, LIKE)
    np.testing.assert_allclose((matrix @ torch.from_numpy(row)).numpy(), whole[: len(matrix)], atol=1e-12)


@every_side
def test_halving_undoes_doubling(side: int) -> None:
    double, half = doubling(side, LIKE), halving(side, LIKE)
    sampled = double[torch.arange(-5, 2 * side + 5) % (len(double) - 1)]
    torch.testing.assert_close(half @ sampled, torch.eye(side, dtype=torch.float64), atol=1e-9, rtol=0)


def response(taps: list[float], frequencies: np.ndarray) -> np.ndarray:
    places = np.arange(len(taps)) - len(taps) // 2
    return (np.exp(-1j * frequencies[:, None] * places) @ np.array(taps)).real


def test_octaves_are_the_products_of_the_paper_and_together_change_nothing() -> None:
    frequencies = np.linspace(0, np.pi, 65)

    def low(factor: int) -> np.ndarray:
        z = np.exp(-1j * factor * frequencies)
        return np.abs(sum(tap * z**place for place, tap in enumerate(SYM2))) ** 2 / 2

    def high(factor: int) -> np.ndarray:
        return 1 - low(factor)

    expected = [low(1) * low(2) * low(4), low(1) * low(2) * high(4), low(1) * high(2), high(1)]
    outputs = [response(band, frequencies) for band in octaves()]
    np.testing.assert_allclose(outputs, expected, atol=1e-9)
    np.testing.assert_allclose(sum(outputs), 1, atol=1e-9)
    peaks = [frequencies[np.argmax(band)] / np.pi for band in outputs]
    assert peaks[0] == 0
    assert 1 / 8 <= peaks[1] <= 1 / 4 <= peaks[2] <= 1 / 2 <= peaks[3]


@every_side
def test_a_filter_goes_over_reflected_rows(side: int) -> None:
    row, filters = row_of(side), np.array(octaves())
    expected = [np.convolve(reflected(row, 21), taps, mode="valid") for taps in filters]
    outputs: Tensor = reflecting(torch.from_numpy(filters), side) @ torch.from_numpy(row)
    np.testing.assert_allclose(outputs.numpy(), expected, atol=1e-12)


def numbered(count: int, height: int, width: int) -> Tensor:
    return torch.arange(float(height * width)).view(1, 1, height, width).repeat(count, 2, 1, 1)


def moved(inputs: Tensor, mirrored: int = 0, turns: int = 0, down: int = 0, right: int = 0) -> Tensor:
    count = len(inputs)
    return move_pixels(inputs, *(torch.full((count,), value) for value in (mirrored, turns, down, right)))


@pytest.mark.parametrize(("mirrored", "turns"), [*product(range(2), range(4))])
def test_an_image_is_mirrored_and_then_turned_clockwise(mirrored: int, turns: int) -> None:
    inputs = numbered(1, 5, 5)
    expected = (inputs.flip(3) if mirrored else inputs).rot90(-turns, (2, 3))
    assert torch.equal(moved(inputs, mirrored, turns), expected)


def test_it_is_then_shifted_and_reflected_at_the_edges() -> None:
    inputs = numbered(1, 5, 6)
    padded = np.pad(inputs[0, 0].numpy(), 20, mode="reflect")
    for down, right in ((0, 0), (2, -3), (-7, 4), (11, 13)):
        expected = padded[20 - down : 25 - down, 20 - right : 26 - right]
        np.testing.assert_array_equal(moved(inputs, 0, 0, down, right)[0, 0].numpy(), expected)


def test_what_is_not_square_is_turned_about_its_middle() -> None:
    wide = numbered(1, 3, 7)
    assert torch.equal(moved(wide, turns=2), wide.flip(2, 3))
    padded = np.pad(wide[0, 0].numpy(), 10, mode="reflect")
    square = padded[8:15, 10:17]  # seven rows about the middle one
    np.testing.assert_array_equal(moved(wide, turns=1)[0, 0].numpy(), np.rot90(square, -1)[2:5])


def test_each_image_is_moved_in_its_own_way() -> None:
    inputs = numbered(3, 4, 4)
    outputs = move_pixels(
        inputs, torch.tensor([0, 1, 0]), torch.tensor([0, 0, 1]), *torch.zeros(2, 3, dtype=torch.long)
    )
    for one, expected in zip(outputs, (inputs[0], inputs[0].flip(2), inputs[0].rot90(-1, (1, 2))), strict=True):
        assert torch.equal(one, expected)


def weights(probability: float) -> dict[tuple[int, int], float]:
    """How often an image is mirrored and turned how, as in the paper."""
    mirrored = (1 - probability / 2, probability / 2)
    turned = (1 - 3 * probability / 4, *[probability / 4] * 3)
    return {(one, other): mirrored[one] * turned[other] for one, other in product(range(2), range(4))}


def test_mirrored_and_turned_images_are_as_many_as_the_paper_says() -> None:
    inputs = numbered(20_000, 3, 3)  # so small that shifts of up to 3/8 of a pixel are none
    outputs = blit(inputs, Draws(len(inputs), torch.Generator().manual_seed(0), inputs, 0.6))
    for (mirrored, turns), share in weights(0.6).items():
        same = (outputs == moved(inputs[:1], mirrored, turns)).flatten(1).all(1).double().mean()
        assert float(same) == pytest.approx(share, abs=0.015)


def test_mirroring_and_turning_leak_at_probability_1_alone() -> None:
    poses = [moved(numbered(1, 3, 3), *pose) for pose in weights(0)]

    def kernel(probability: float) -> np.ndarray:
        rows = np.zeros((8, 8))
        for (mirrored, turns), share in weights(probability).items():
            for start, pose in enumerate(poses):
                end = next(place for place, one in enumerate(poses) if torch.equal(one, moved(pose, mirrored, turns)))
                rows[start, end] += share
        return rows

    for probability in (0.3, 0.8):
        assert leak(kernel(probability)) is None
        assert abs(smallest_eigenvalue(kernel(probability))) == pytest.approx((1 - probability) ** 2, abs=1e-9)
    assert leak(kernel(1.0)) is not None


def test_shifts_reach_an_eighth_of_a_side_and_do_not_leak_up_to_eight_ninths() -> None:
    inputs = numbered(20_000, 1, 16)
    outputs = blit(inputs, Draws(len(inputs), torch.Generator().manual_seed(0), inputs, 0.8))
    outputs = outputs[(outputs[:, 0, 0, 8] > outputs[:, 0, 0, 7])]  # neither mirrored nor turned by two right angles
    shares = torch.bincount((10 - outputs[:, 0, 0, 8]).long(), minlength=5)[:5] / len(outputs)
    expected = torch.tensor([0.1, 0.2, 0.4, 0.2, 0.1])
    torch.testing.assert_close(shares, expected, atol=0.02, rtol=0)
    steps = np.zeros(12)
    steps[[-2, -1, 0, 1, 2]] = (1 / 8, 1 / 4, 1 / 4, 1 / 4, 1 / 8)

    def kernel(probability: float) -> np.ndarray:
        return cyclic((1 - probability) * np.eye(12)[0] + probability * steps)

    assert leak(kernel(0.8)) is None
    assert leak(compose_kernels(kernel(0.8), kernel(0.5))) is None
    assert leak(kernel(8 / 9)) is not None  # of a ring of 12 places; 1 - p + p cos ω (1 + cos ω) / 2 is 0 at ω = 2π/3


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
