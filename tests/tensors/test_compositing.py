"""What images with opacity look like over a ground."""

import pytest
import torch

from sparring.tensors.compositing import composite, composite_colours, has_opacity


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("ground", [-1.0, 0.0, 1.0])
def test_colours_cover_the_ground_by_their_opacity(channels: int, ground: float) -> None:
    images = torch.rand(3, channels, 5, 6, dtype=torch.float64) * 2 - 1
    images[0, -1], images[1, -1] = -1.0, 1.0
    seen = composite(images, ground)
    assert seen.shape == (3, channels - 1, 5, 6)
    assert torch.equal(seen[0], torch.full_like(seen[0], ground))
    torch.testing.assert_close(seen[1], images[1, :-1])
    share = (images[2, -1] + 1) / 2  # of light that comes from the image
    torch.testing.assert_close((seen[2] + 1) / 2, share * (images[2, :-1] + 1) / 2 + (1 - share) * (ground + 1) / 2)


@pytest.mark.parametrize("channels", [1, 3, 5])
def test_images_without_opacity_stay_as_they_are(channels: int) -> None:
    images = torch.rand(2, channels, 4, 4)
    assert not has_opacity(images)
    assert composite(images, 1.0) is images


def test_opacity_stays_beside_the_colours() -> None:
    images = torch.rand(2, 4, 3, 3) * 2 - 1
    found = composite_colours(images, 0.5)
    assert torch.equal(found[:, :3], composite(images, 0.5))
    assert torch.equal(found[:, 3], images[:, 3])


def test_points_have_no_opacity() -> None:
    points = torch.rand(5, 2)
    assert composite_colours(points, 1.0) is points
