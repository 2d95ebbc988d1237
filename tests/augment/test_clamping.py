"""Values beyond black and white."""

import pytest
import torch
from torch import Tensor

from sparring.augment import Clamp


def clamp(values: Tensor) -> Tensor:
    return Clamp()(values, torch.Generator(), 0)


def test_values_beyond_the_ends_are_the_ends_and_others_stay() -> None:
    given = torch.tensor([-3.0, -1.0, -0.5, 0.0, 1.0, 1.5]).view(1, 1, 1, 6)
    assert clamp(given).flatten().tolist() == [-1.0, -1.0, -0.5, 0.0, 1.0, 1.0]


@pytest.mark.parametrize("wanted", [-1.0, 1.0])
def test_what_is_outside_can_be_brought_back_in_and_is_never_moved_further_out(wanted: float) -> None:
    given = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], dtype=torch.float64).requires_grad_(True)
    loss = -(wanted * clamp(given.view(1, 1, 1, 5))).sum()  # falls towards `wanted`
    (slope,) = torch.autograd.grad(loss, given)
    expected = torch.full((5,), -wanted, dtype=torch.float64)
    expected[-1 if wanted > 0 else 0] = 0
    assert torch.equal(slope, expected)


def test_an_image_that_is_outside_everywhere_is_learned_from() -> None:
    image = torch.full((1, 4, 3, 3), -5.0).requires_grad_(True)
    for _ in range(60):
        (slope,) = torch.autograd.grad((clamp(image) - 0.25).square().sum(), image)
        image = (image - 0.2 * slope).detach().requires_grad_(True)
    torch.testing.assert_close(image, torch.full_like(image, 0.25))
