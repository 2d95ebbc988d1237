"""Images with opacity, composited for the discriminator."""

import pytest
import torch
from torch import Tensor

from sparring.augment import Composite
from sparring.tensors.compositing import composite


def images(channels: int) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(3, channels, 5, 7, generator=random, dtype=torch.float64) * 2 - 1


def apply(inputs: Tensor, ground: float = 1.0) -> Tensor:
    return Composite(ground=ground)(inputs, torch.Generator(), 0)


def test_colours_are_laid_over_the_ground_and_opacity_stays() -> None:
    for channels in (2, 4):
        outputs = apply(images(channels), 0.5)
        assert torch.equal(outputs[:, -1:], images(channels)[:, -1:])
        torch.testing.assert_close(outputs[:, :-1], composite(images(channels), 0.5))


def test_images_without_opacity_stay_as_they_are() -> None:
    for channels in (1, 3, 5):
        assert torch.equal(apply(3 * images(channels)), 3 * images(channels))


def test_hidden_colours_are_invisible_and_get_no_gradient() -> None:
    inputs = images(4)
    inputs[:, 3, :, :3] = -1.0  # transparent to the left
    inputs.requires_grad_(True)
    outputs = apply(inputs)
    assert torch.equal(outputs[:, :3, :, :3], torch.ones_like(outputs[:, :3, :, :3]))
    (gradient,) = torch.autograd.grad(outputs[:, :3].sum(), inputs)
    assert not gradient[:, :3, :, :3].any()
    assert gradient[:, :3, :, 3:].all()
    assert gradient[:, 3, :, :3].all()  # that something is hidden may change


def test_values_beyond_the_ends_are_the_ends() -> None:
    assert torch.equal(apply(5 * images(4)), apply((5 * images(4)).clamp(-1, 1)))


@pytest.mark.parametrize("wanted", [-1.0, 1.0])
def test_what_is_outside_can_be_brought_back_in_and_is_never_moved_further_out(wanted: float) -> None:
    opacities = torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0], dtype=torch.float64).requires_grad_(True)
    inputs = torch.stack((torch.zeros(5, dtype=torch.float64), opacities)).view(1, 2, 1, 5)
    loss = -(wanted * apply(inputs)[:, 1]).sum()  # falls towards `wanted`
    (gradient,) = torch.autograd.grad(loss, opacities)
    expected = torch.full((5,), -wanted, dtype=torch.float64)
    expected[-1 if wanted > 0 else 0] = 0
    assert torch.equal(gradient, expected)


def test_an_image_that_is_outside_everywhere_is_learned_from() -> None:
    image = torch.full((1, 4, 3, 3), -5.0).requires_grad_(True)
    for _ in range(1000):
        (gradient,) = torch.autograd.grad((apply(image) - 0.25).square().sum(), image)
        image = (image - 0.05 * gradient).detach().requires_grad_(True)
    torch.testing.assert_close(apply(image), torch.full_like(image, 0.25), rtol=0, atol=0.05)
