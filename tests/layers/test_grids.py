"""Plans between any image and its base grid."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from sparring.layers.grids import SMALLEST, plan_doublings, plan_halvings

SIZES = [(h, w) for h in (1, 3, 4, 5, 7, 8, 9, 28, 33, 64) for w in (1, 4, 6, 8, 31, 128)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_a_plan_goes_down_to_its_base_and_exactly_back_up(size: tuple[int, int]) -> None:
    grid = torch.zeros(1, 1, *size)
    steps = plan_halvings(size)
    for step in steps:
        assert grid.shape[2:] == step.large
        grid = nn.Conv2d(1, 1, step.kernel, step.stride, padding=1)(grid)
        assert grid.shape[2:] == step.small
    assert all(side < 2 * SMALLEST - 1 or side == whole for side, whole in zip(grid.shape[2:], size, strict=True))
    for step in reversed(steps):
        grid = nn.ConvTranspose2d(1, 1, step.kernel, step.stride, padding=1)(grid)
        assert grid.shape[2:] == step.large
    assert grid.shape[2:] == size


def test_no_side_falls_below_the_smallest_and_small_ones_stay() -> None:
    for size in SIZES:
        for step in plan_halvings(size):
            assert all(small == large or small >= SMALLEST for small, large in zip(step.small, step.large, strict=True))
    assert plan_halvings((4, 4)) == []
    assert plan_halvings((1, 9))[-1].small == (1, 5)


def test_a_plan_may_go_down_to_a_single_pixel() -> None:
    assert [step.small[0] for step in plan_halvings((256, 256), smallest=1)] == [128, 64, 32, 16, 8, 4, 2, 1]
    assert plan_halvings((5, 1), smallest=1)[-1].small == (1, 1)
    for size in SIZES:
        sides = [step.small for step in plan_halvings(size, smallest=1)]
        assert (sides or [size])[-1] == (1, 1)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_doublings_lead_from_a_small_base_to_the_size_of_the_image(size: tuple[int, int]) -> None:
    sizes = plan_doublings(size)
    assert sizes[-1] == size
    for small, large in pairwise(sizes):
        assert all(large_side in (2 * side, 2 * side - 1) for side, large_side in zip(small, large, strict=True))
    assert len(sizes) == 1 or min(sizes[0]) >= SMALLEST
    assert min(sizes[0]) <= 2 * SMALLEST - 2
