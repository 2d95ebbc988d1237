"""Pixels copied as they are, against whole-array operations, and the theory of such kernels."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.augment.blitting import blit, move_pixels
from sparring.augment.draws import Draws
from sparring.theory import compose_kernels, cyclic, leak, smallest_eigenvalue


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
