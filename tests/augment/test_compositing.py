"""Images with opacity shown to a discriminator as they look."""

import torch

from sparring.augment import Composite
from sparring.layers.compositing import lay_over


def images(channels: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand(3, channels, 5, 7, generator=random, dtype=torch.float64) * 2 - 1


def test_colours_are_laid_over_the_ground_and_opacity_stays() -> None:
    for channels in (2, 4):
        shown = Composite(ground=0.5)(images(channels), torch.Generator(), 0)
        assert torch.equal(shown[:, -1:], images(channels)[:, -1:])
        torch.testing.assert_close(shown[:, :-1], lay_over(images(channels), 0.5))


def test_images_without_opacity_stay_as_they_are() -> None:
    for channels in (1, 3, 5):
        assert torch.equal(Composite()(images(channels), torch.Generator(), 0), images(channels))


def test_hidden_colours_are_not_seen_and_get_no_gradient() -> None:
    given = images(4)
    given[:, 3, :, :3] = -1.0  # transparent to the left
    given.requires_grad_(True)
    shown = Composite()(given, torch.Generator(), 0)
    assert torch.equal(shown[:, :3, :, :3], torch.ones_like(shown[:, :3, :, :3]))
    (slope,) = torch.autograd.grad(shown[:, :3].sum(), given)
    assert not slope[:, :3, :, :3].any()
    assert slope[:, :3, :, 3:].all()
    assert slope[:, 3, :, :3].all()  # that something is hidden may change
