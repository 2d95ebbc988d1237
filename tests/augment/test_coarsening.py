"""Squares replaced by their means."""

from itertools import pairwise

import torch

from sparring.augment import Coarsen
from sparring.augment.coarsening import coarsen
from sparring.spec.schedule import Constant, Linear


def images() -> torch.Tensor:
    return torch.rand(2, 3, 5, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_each_square_holds_its_mean_also_where_it_reaches_over_an_edge() -> None:
    inputs, outputs = images(), coarsen(images(), 2)
    for top in range(0, 5, 2):
        for left in range(0, 7, 2):
            square = (slice(None), slice(None), slice(top, top + 2), slice(left, left + 2))
            expected = inputs[square].mean((2, 3), keepdim=True).expand_as(inputs[square])
            torch.testing.assert_close(outputs[square], expected)


def test_a_factor_of_one_changes_nothing_and_a_large_one_leaves_the_mean() -> None:
    assert torch.equal(coarsen(images(), 1), images())
    torch.testing.assert_close(coarsen(images(), 9), images().mean((2, 3), keepdim=True).expand(-1, -1, 5, 7))


def test_twice_is_once() -> None:
    once = coarsen(images(), 3)
    torch.testing.assert_close(coarsen(once, 3), once)


def test_between_whole_numbers_the_two_next_are_blended_so_that_nothing_jumps() -> None:
    shrinking, random = Coarsen(factor=Linear(start=4, end=1, images=3000)), torch.Generator()
    torch.testing.assert_close(shrinking(images(), random, 1000), coarsen(images(), 3))
    alpha = 0.25 * coarsen(images(), 2) + 0.75 * coarsen(images(), 3)
    torch.testing.assert_close(shrinking(images(), random, 1250), alpha)
    path = [shrinking(images(), random, count) for count in range(0, 3100, 10)]
    assert max((one - other).abs().max() for one, other in pairwise(path)) < 0.02
    assert torch.equal(path[-1], images())


def test_a_constant_factor_draws_nothing() -> None:
    random = torch.Generator().manual_seed(3)
    before = random.get_state()
    Coarsen(factor=Constant(value=2.5))(images(), random, 0)
    assert torch.equal(random.get_state(), before)
