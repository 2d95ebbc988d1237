"""Pairs from single images: the result of each transform."""

from math import sqrt

import numpy as np
import pytest
import torch
from PIL import Image

from sparring.data import Downsampled, Edges, Gray, ImageFiles, Ring, Source, Transform, Transformed
from sparring.errors import DataError

ALL = np.arange(6)


def random():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("transform", [kind() for kind in Transform.members.values()], ids=lambda one: one.kind())
@pytest.mark.parametrize("channels", [3, 4])
def test_every_transform_keeps_height_and_width_and_stays_in_range(transform, channels):
    images = torch.rand(2, channels, 8, 12, generator=random()) * 2 - 1
    sources = transform(images)
    assert sources.shape[::2] == (2, 8)
    assert sources.shape[3] == 12
    assert sources.abs().max() <= 1
    torch.testing.assert_close(transform(images.flip(-1)), sources.flip(-1))


def test_gray_is_what_pillow_makes_of_colours(noise):
    colours = noise(8, 8, 3)
    shades = Gray()(torch.from_numpy(colours).permute(2, 0, 1)[None] / 127.5 - 1)
    expected = torch.from_numpy(np.asarray(Image.fromarray(colours).convert("L")).copy()) / 127.5 - 1
    torch.testing.assert_close(shades[0, 0], expected, atol=1.1 / 127.5, rtol=0)


def test_gray_keeps_opacity_and_refuses_gray():
    images = torch.rand(1, 4, 2, 2)
    torch.testing.assert_close(Gray()(images)[:, 1:], images[:, 3:])
    with pytest.raises(DataError, match="Gray takes RGB or RGBA; the images have 1 channels"):
        Gray()(images[:, :1])


def test_a_full_step_is_a_white_edge_and_a_plain_image_has_none():
    image = torch.full((1, 1, 6, 6), -1.0)
    assert (Edges()(image) == -1).all()
    image[..., 3:] = 1.0
    edges = Edges()(image)
    torch.testing.assert_close(edges[0, 0, :, 2:4], torch.ones(6, 2))
    torch.testing.assert_close(edges[0, 0, :, [0, 1, 4, 5]], -torch.ones(6, 4))


def test_the_length_of_a_slanted_gradient_is_found():
    down, across = torch.meshgrid(torch.arange(5.0), torch.arange(5.0), indexing="ij")
    image = (0.03 * down + 0.04 * across)[None, None] * 2 - 1
    inner = (Edges()(image) + 1) / 2
    # Sobel's sums over four give twice the gradient a pixel.
    torch.testing.assert_close(inner[0, 0, 1:-1, 1:-1], torch.full((3, 3), 2 * sqrt(0.03**2 + 0.04**2)))


def test_colours_hidden_by_transparency_have_no_edges():
    images = torch.rand(1, 4, 6, 6)
    images[:, 3] = -1.0
    torch.testing.assert_close(Edges()(images), torch.full((1, 1, 6, 6), -1.0))


def test_downsampling_keeps_means_and_loses_what_is_fine():
    images = torch.rand(2, 3, 16, 16, generator=random())
    small = Downsampled(factor=16)(images)
    torch.testing.assert_close(small, images.mean((2, 3), keepdim=True).expand_as(images))
    assert torch.equal(Downsampled(factor=1)(images), images)


def test_targets_are_the_images_and_sources_their_transforms(folder):
    pairs = Transformed(images=ImageFiles(path=folder), transform=Downsampled(factor=2), mirror=True, crop=6).load()
    assert (len(pairs), pairs.shape, pairs.condition.shape) == (6, (3, 6, 6), (3, 6, 6))
    plain = Transformed(images=ImageFiles(path=folder), transform=Downsampled(factor=2)).load()
    target, source = plain.batch(ALL, random())
    torch.testing.assert_close(target, ImageFiles(path=folder).load().batch(ALL, random())[0])
    torch.testing.assert_close(source, Downsampled(factor=2)(target))


def test_what_cannot_be_transformed_is_refused_when_loaded(folder):
    with pytest.raises(DataError, match="images of 8x8 cannot be divided by factor=3"):
        Transformed(images=ImageFiles(path=folder), transform=Downsampled(factor=3)).load()
    with pytest.raises(DataError, match=r"ring holds samples of shape \(2,\); needs images"):
        Transformed(images=Ring(count=10)).load()


def test_it_wraps_the_data_of_a_recipe_and_survives_yaml(folder):
    source = Transformed(images=ImageFiles(path=folder), transform=Edges(strength=2))
    assert Source.members["Transformed"].from_yaml(source.to_yaml()) == source
    strong, weak = (Transformed(images=ImageFiles(path=folder), transform=Edges(strength=one)).load() for one in (2, 1))
    assert strong.digest != weak.digest
