"""The Fréchet distance between the patches of two images."""

from dataclasses import replace

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.frechet import frechet_distance_of_features
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.single_image import SIFD, single_image_frechet_distance


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def inputs(random):
    real, fake = (torch.randint(0, 256, (count, 3, 12, 10), generator=random, dtype=torch.uint8) for count in (1, 20))
    return MetricInputs(
        SampleStatistics(1, images=real), SampleStatistics(20, images=fake), maps=lambda images: images[:, :, ::2, ::2]
    )


@pytest.mark.parametrize("channels", [3, 64])
def test_places_are_the_samples_in_maps_of_any_size(random, channels):
    real, fake = torch.randn(channels, 5, 7, generator=random), torch.randn(channels, 6, 4, generator=random)
    rows = (
        torch.stack([maps[:, y, x] for y in range(maps.shape[1]) for x in range(maps.shape[2])])
        for maps in (real, fake)
    )
    assert single_image_frechet_distance(real, fake) == pytest.approx(frechet_distance_of_features(*rows))


def test_where_a_patch_lies_does_not_matter(random):
    maps = torch.randn(6, 8, 8, generator=random)
    shuffled = maps.flatten(1)[:, torch.randperm(64, generator=random)].view(6, 8, 8)
    assert single_image_frechet_distance(maps, shuffled) == pytest.approx(0.0, abs=1e-8)


def test_the_metric_is_mean_and_deviation_over_generated_images(inputs):
    (value,) = SIFD().measure(inputs)
    real, *fake = (image / 127.5 - 1 for image in torch.cat((inputs.real.images, inputs.fake.images)))
    each = torch.tensor([single_image_frechet_distance(real[:, ::2, ::2], image[:, ::2, ::2]) for image in fake])
    assert (value.name, value.how) == ("SIFD", "over 20 generated images")
    assert value.value == pytest.approx(float(each.mean()), rel=1e-5)
    assert value.deviation == pytest.approx(float(each.std()), rel=1e-5)


def test_the_real_image_itself_scores_zero_and_one_image_has_no_deviation(inputs):
    (value,) = SIFD().measure(replace(inputs, fake=inputs.real))
    assert (value.value, value.deviation) == (pytest.approx(0.0, abs=1e-9), None)


def test_a_reference_of_several_images_is_refused(inputs):
    with pytest.raises(MetricError, match="the reference holds 20 images"):
        SIFD().measure(replace(inputs, real=inputs.fake))


def test_no_images_and_no_maps_are_refused(inputs):
    with pytest.raises(MetricError, match="0 generated images are too few"):
        SIFD().measure(replace(inputs, fake=SampleStatistics(0, images=inputs.fake.images[:0])))
    with pytest.raises(MetricError, match="no early feature maps"):
        SIFD().measure(replace(inputs, maps=None))


@pytest.mark.parametrize(("real", "fake"), [((4, 1, 1), (4, 1, 1)), ((4, 2, 2), (3, 2, 2)), ((4, 4), (4, 4))])
def test_maps_that_cannot_be_compared_are_refused(real, fake):
    with pytest.raises(MetricError):
        single_image_frechet_distance(torch.zeros(real), torch.zeros(fake))
