"""The mean perceptual distance of random pairs."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.metric import MetricInputs, SampleStatistics
from sparring.metrics.perceptual_diversity import LPIPS, perceptual_diversity


def distance(one, other):
    assert one.min() >= -1
    assert one.max() <= 1
    assert one.is_floating_point()
    return (one - other).square().mean((1, 2, 3))


@pytest.fixture
def images():
    return torch.randint(256, (30, 3, 4, 4), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def test_diversity_estimates_the_mean_over_all_pairs(images):
    flat = (images.double() / 127.5 - 1).flatten(1)
    expected = torch.pdist(flat).square().mean().item() / flat.shape[1]
    mean = perceptual_diversity(images, distance, pairs=4000)
    assert mean.value == pytest.approx(expected, abs=4 * mean.error)
    assert mean.count == 4000
    assert mean.error < 0.01


def test_copies_of_one_image_have_no_diversity(images):
    assert perceptual_diversity(images[:1].repeat(5, 1, 1, 1), distance, pairs=20).value == 0.0


def test_the_batch_changes_nothing_and_the_seed_draws_the_pairs(images):
    small = perceptual_diversity(images, distance, pairs=50, batch=7)
    assert small.value == pytest.approx(perceptual_diversity(images, distance, pairs=50).value, rel=1e-6)
    assert small.value != perceptual_diversity(images, distance, pairs=50, seed=1).value


def test_the_metric_stands_beside_the_real_value(images):
    pale = (images.float() * 0.5).to(torch.uint8)
    inputs = MetricInputs(SampleStatistics(30, images=images), SampleStatistics(30, images=pale), perceptual=distance)
    fake, real = LPIPS(pairs=100).measure(inputs)
    assert (fake.name, real.name) == tuple(LPIPS.directions)
    assert fake.value == pytest.approx(real.value / 4, rel=0.02)
    assert fake.deviation > 0
    assert fake.how == "standard error over 100 pairs"


def test_without_a_perceptual_network_the_metric_says_so(images):
    with pytest.raises(MetricError, match="no perceptual network"):
        LPIPS().measure(MetricInputs(SampleStatistics(30, images=images), SampleStatistics(30, images=images)))


def test_one_image_has_no_diversity_to_measure(images):
    with pytest.raises(MetricError, match="needs at least 2"):
        perceptual_diversity(images[:1], distance)
