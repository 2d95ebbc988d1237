"""Images with opacity shown to a discriminator as they look."""

import pytest
import torch
from torch import Tensor

from sparring.augment import Composite
from sparring.tensors.compositing import composite


def images(channels: int) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(3, channels, 5, 7, generator=random, dtype=torch.float64) * 2 - 1


def show(given: Tensor, ground: float = 1.0) -> Tensor:
    return Composite(ground=ground)(given, torch.Generator(), 0)


def test_colours_are_laid_over_the_ground_and_opacity_stays() -> None:
    for channels in (2, 4):
        shown = show(images(channels), 0.5)
        assert torch.equal(shown[:, -1:], images(channels)[:, -1:])
        torch.testing.assert_close(shown[:, :-1], composite(images(channels), 0.5))


def test_images_without_opacity_stay_as_they_are() -> None:
    for channels in (1, 3, 5):
        assert torch.equal(show(3 * images(channels)), 3 * images(channels))


def test_hidden_colours_are_not_seen_and_get_no_gradient() -> None:
    given = images(4)
    given[:, 3, :, :3] = -1.0  # transparent to the left
    given.requires_grad_(True)
    shown = show(given)
    assert torch.equal(shown[:, :3, :, :3], torch.ones_like(shown[:, :3, :, :3]))
    (slope,) = torch.autograd.grad(shown[:, :3].sum(), given)
    assert not slope[:, :3, :, :3].any()
    assert slope[:, :3, :, 3:].all()
    assert slope[:, 3, :, :3].all()  # that something is hidden may change


def test_values_beyond_the_ends_are_the_ends() -> None:
    assert torch.equal(show(5 * images(4)), show((5 * images(4)).clamp(-1, 1)))


@pytest.mark.parametrize("wanted", [-1.0, 1.0])
def test_what_is_outside_can_be_brought_back_in_and_is_never_moved_further_out(wanted: float) -> None:
    opacities = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], dtype=torch.float64).requires_grad_(True)
    given = torch.stack((torch.zeros(5, dtype=torch.float64), opacities)).view(1, 2, 1, 5)
    loss = -(wanted * show(given)[:, 1]).sum()  # falls towards `wanted`
    (slope,) = torch.autograd.grad(loss, opacities)
    expected = torch.full((5,), -wanted, dtype=torch.float64)
    expected[-1 if wanted > 0 else 0] = 0
    assert torch.equal(slope, expected)


def test_an_image_that_is_outside_everywhere_is_learned_from() -> None:
    image = torch.full((1, 4, 3, 3), -5.0).requires_grad_(True)
    for _ in range(1000):
        (slope,) = torch.autograd.grad((show(image) - 0.25).square().sum(), image)
        image = (image - 0.05 * slope).detach().requires_grad_(True)
    torch.testing.assert_close(show(image), torch.full_like(image, 0.25), rtol=0, atol=0.05)
