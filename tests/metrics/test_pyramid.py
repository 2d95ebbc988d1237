"""Laplacian pyramids, and the distance of their patches."""

import pytest
import torch
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.pyramid import SWD, laplacian_pyramid, pyramid_distances

BINOMIAL = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0], dtype=torch.float64) / 16


def textures(count, side=32, seed=0):
    """Smooth blobs with fine grain on them, in colour, uint8."""
    random = torch.Generator().manual_seed(seed)
    coarse = functional.interpolate(torch.randn(count, 3, 5, 5, generator=random), size=(side, side), mode="bicubic")
    grain = torch.randn(count, 3, side, side, generator=random)
    return ((coarse + 0.3 * grain) * 40 + 128).clamp(0, 255).to(torch.uint8)


def blurred(images):
    return functional.avg_pool2d(functional.pad(images.float(), (1, 1, 1, 1), mode="reflect"), 3, 1).to(torch.uint8)


def mirrored(index, size):
    index = abs(index)
    return 2 * (size - 1) - index if index >= size else index


def filtered(rows):
    """The binomial filter along the first axis, place by place."""
    size = len(rows)
    return torch.stack([sum(BINOMIAL[k] * rows[mirrored(i + k - 2, size)] for k in range(5)) for i in range(size)])


def filtered_both_ways(image):
    return filtered(filtered(image).T).T


def expanded(image, height, width):
    spread = torch.zeros(height, width, dtype=image.dtype)
    spread[::2, ::2] = image
    return 4 * filtered_both_ways(spread)


@pytest.mark.parametrize(("size", "sides"), [((32, 32), [32, 16]), ((28, 28), [28, 14]), ((50, 41), [41, 21])])
def test_a_level_is_the_image_less_the_expansion_of_its_reduction(size, sides):
    image = torch.rand(size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    fine, rest = laplacian_pyramid(image[None, None])
    reduced = filtered_both_ways(image)[::2, ::2]
    torch.testing.assert_close(rest[0, 0], reduced)
    torch.testing.assert_close(fine[0, 0], image - expanded(reduced, *size))
    assert [min(level.shape[2:]) for level in (fine, rest)] == sides


@pytest.mark.parametrize("size", [(64, 64), (56, 75)])
def test_levels_add_up_to_the_image_exactly(size):
    # Bytes under dyadic weights: float64 holds every sum without rounding.
    image = torch.randint(256, size, generator=torch.Generator().manual_seed(0)).double()
    levels = laplacian_pyramid(image[None, None])
    assert len(levels) == 3
    *bands, whole = (level[0, 0] for level in levels)
    for band in reversed(bands):
        whole = band + expanded(whole, *band.shape)
    assert torch.equal(whole, image)


@pytest.mark.parametrize(
    ("side", "sides"),
    [
        (16, [16]),
        (28, [28, 14]),
        (128, [128, 64, 32, 16]),
        (1024, [1024, 512, 256, 128, 64, 32, 16]),
        (96, [96, 48, 24, 12]),
    ],
)
def test_the_last_level_is_the_one_nearest_to_16(side, sides):
    assert [level.shape[2] for level in laplacian_pyramid(torch.zeros(1, 1, side, side))] == sides


def test_a_set_against_itself_is_small_and_falls_with_the_number_of_patches():
    images = textures(64)
    few, many = (pyramid_distances(images, images, patches=patches) for patches in (4, 128))
    assert many.sides == (32, 16)
    assert all(0 < fine < coarse for fine, coarse in zip(many.distances, few.distances, strict=True))
    assert many.mean < 25 < 60 < few.mean


def test_blur_raises_the_finest_level_most():
    real, other = textures(150), textures(150, seed=1)
    plain, soft = pyramid_distances(real, other), pyramid_distances(real, blurred(other))
    finest, coarsest = (b - a for a, b in zip(plain.distances, soft.distances, strict=True))
    assert finest > 3 * max(coarsest, 1.0)


def test_paler_images_look_the_same_to_normalized_patches():
    images = textures(50).float() / 127.5 - 1
    plain, pale = pyramid_distances(images, images), pyramid_distances(images, 0.5 * images)
    assert pale.distances == pytest.approx(plain.distances, rel=1e-3)


def test_blank_images_are_at_a_finite_distance():
    blank = torch.zeros(5, 1, 28, 28)
    assert pyramid_distances(blank, blank).mean == 0.0
    # Normalized patches against none: E |N(0, 1)| along each direction for white noise.
    noise = torch.randn(300, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    assert pyramid_distances(noise, blank[:1, :, :16, :16].repeat(300, 1, 1, 1), patches=30).mean == pytest.approx(
        1000 * (2 / torch.pi) ** 0.5, rel=0.03
    )


def test_values_are_those_of_the_seed():
    one, other = textures(20), textures(20, seed=1)
    assert pyramid_distances(one, other, seed=1) == pyramid_distances(one, other, seed=1)
    assert pyramid_distances(one, other, seed=1) != pyramid_distances(one, other, seed=2)


def test_sets_of_unequal_counts_are_compared_by_as_many_of_each():
    one, other = textures(30), textures(45, seed=1)
    value = SWD(patches=8).measure(MetricInputs(SampleStatistics(30, images=one), SampleStatistics(45, images=other)))[
        0
    ]
    assert value.how.endswith("30 images, 8 patches of each")


def test_the_metric_gives_the_mean_and_its_outermost_levels():
    inputs = MetricInputs(
        SampleStatistics(40, images=textures(40, 64)), SampleStatistics(40, images=textures(40, 64, seed=1)), seed=5
    )
    values = SWD(images=30, patches=16, projections=64).measure(inputs)
    result = pyramid_distances(inputs.real.images, inputs.fake.images, 30, 16, 64, seed=5)
    assert [value.name for value in values] == list(SWD.directions)
    assert [value.value for value in values] == [result.mean, result.distances[0], result.distances[-1]]
    assert values[0].how.startswith("mean of levels 64: ")
    assert "16: " in values[0].how
    assert [value.how for value in values[1:]] == ["level 64", "level 16"]


def test_images_without_room_for_a_patch_are_refused():
    with pytest.raises(MetricError, match="images of 6x9 are too small; needs at least 7x7"):
        pyramid_distances(torch.zeros(3, 1, 6, 9), torch.zeros(3, 1, 6, 9))


def test_sets_of_other_shapes_are_refused():
    with pytest.raises(MetricError, match="images differ in shape"):
        pyramid_distances(torch.zeros(3, 1, 16, 16), torch.zeros(3, 3, 16, 16))
