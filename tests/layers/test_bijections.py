"""Bijections and couplings: undone exactly, with the determinants that automatic differentiation finds."""

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.functional import jacobian

from sparring.layers.bijections import Bijection, Chain, DepthToSpace, DiagonalScaling, Reshape, Scale, Squash
from sparring.layers.couplings import AdditiveCoupling, AffineCoupling, channel_mask, checkerboard_mask


class Told(nn.Module):
    """Passes its input through a network and listens to a condition."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        found: Tensor = self.layers(inputs)
        return found if condition is None else found + condition.view(-1, *[1] * (found.dim() - 1))


def images(channels: int) -> nn.Module:
    return Told(nn.Conv2d(channels, 5, 3, padding=1), nn.Tanh(), nn.Conv2d(5, 2 * channels, 3, padding=1))


def vectors(inputs: int, outputs: int) -> nn.Module:
    return Told(nn.Linear(inputs, 5), nn.Tanh(), nn.Linear(5, outputs))


def some() -> dict[str, tuple[Bijection, tuple[int, ...]]]:
    torch.manual_seed(0)
    scaling = DiagonalScaling(4)
    nn.init.normal_(scaling.log_scale)
    return {
        "DiagonalScaling": (scaling, (4,)),
        "Squash": (Squash(0.05), (3,)),
        "Squash without a margin": (Squash(0), (3,)),
        "DepthToSpace": (DepthToSpace(), (8, 2, 1)),
        "Reshape": (Reshape((1, 2, 3)), (6,)),
        "even of five": (AdditiveCoupling(5, 0, vectors(3, 2)), (5,)),
        "odd of five": (AdditiveCoupling(5, 1, vectors(2, 3)), (5,)),
        "checkerboard_mask": (AffineCoupling(2, checkerboard_mask(2, 3, 0), images(2)), (2, 2, 3)),
        "channels": (AffineCoupling(4, channel_mask(4, 1), images(4)), (4, 1, 2)),
        "Chain": (Chain(DiagonalScaling(4), AdditiveCoupling(4, 0, vectors(2, 2)), Squash(0.1)), (4,)),
        "Scale": (
            Scale(
                (2, 1, 2),
                Chain(AffineCoupling(4, channel_mask(4, 0), images(4)), DepthToSpace()),
                Chain(Reshape((2, 1, 2)), AffineCoupling(2, checkerboard_mask(1, 2, 1), images(2))),
            ),
            (8,),
        ),
    }


every = pytest.mark.parametrize("name", some())
conditions = pytest.mark.parametrize("condition", [None, torch.tensor([1.0, -0.5, 0.2], dtype=torch.float64)])


def made(name: str) -> tuple[Bijection, Tensor]:
    bijection, shape = some()[name]
    return bijection.double(), torch.randn(3, *shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@every
@conditions
def test_it_is_undone_and_its_determinant_with_it(name: str, condition: Tensor | None) -> None:
    bijection, inputs = made(name)
    outputs, there = bijection(inputs, condition)
    found, back = bijection.inverse(outputs, condition)
    torch.testing.assert_close(found, inputs)
    torch.testing.assert_close(back, -there)
    assert there.shape == (3,)


@every
@conditions
def test_its_log_determinant_is_that_of_the_exact_jacobian(name: str, condition: Tensor | None) -> None:
    bijection, inputs = made(name)
    _, found = bijection(inputs, condition)
    for index, one in enumerate(inputs):
        one_condition = None if condition is None else condition[index : index + 1]
        exact = jacobian(lambda x, one_condition=one_condition: bijection(x[None], one_condition)[0].flatten(), one)  # type: ignore[no-untyped-call]
        expected = exact.reshape(one.numel(), one.numel()).slogdet().logabsdet
        torch.testing.assert_close(found[index], expected)


@every
def test_an_empty_batch_goes_both_ways(name: str) -> None:
    bijection, inputs = made(name)
    outputs, there = bijection(inputs[:0])
    assert bijection.inverse(outputs)[0].shape == inputs[:0].shape
    assert there.shape == (0,)


def test_depth_to_space_makes_rows_of_the_halves_of_the_channels() -> None:
    given = torch.arange(8.0).view(1, 8, 1, 1)
    found, _ = DepthToSpace()(given)
    assert found.tolist() == [[[[0, 2], [4, 6]], [[1, 3], [5, 7]]]]


def test_a_coupling_leaves_what_it_looks_at() -> None:
    bijection, inputs = made("checkerboard_mask")
    kept = checkerboard_mask(2, 3, 0).bool().expand(2, 2, 3)
    outputs, _ = bijection(inputs)
    assert torch.equal(outputs[:, kept], inputs[:, kept])
    assert (outputs[:, ~kept] != inputs[:, ~kept]).all()


def test_masks_of_both_parities_part_an_image() -> None:
    assert checkerboard_mask(2, 3, 0).tolist() == [[[1, 0, 1], [0, 1, 0]]]
    assert (checkerboard_mask(4, 5, 0) + checkerboard_mask(4, 5, 1)).eq(1).all()
    assert channel_mask(4, 0).flatten().tolist() == [1, 1, 0, 0]
    assert (channel_mask(6, 0) + channel_mask(6, 1)).eq(1).all()


def test_squashed_numbers_reach_a_little_further_than_pictures_and_the_logits_of_black_are_moderate() -> None:
    squash = Squash(0.05)
    reach, _ = squash(torch.tensor([[-100.0, 100.0]]))
    torch.testing.assert_close(reach, torch.tensor([[-1.0, 1.0]]) / 0.9)
    logits, _ = squash.inverse(torch.tensor([[-1.0, 1.0]]))
    torch.testing.assert_close(logits, torch.tensor([0.05, 0.95]).logit()[None])
