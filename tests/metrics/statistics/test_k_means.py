"""Centers of clusters."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics.statistics.k_means import k_means


@pytest.fixture
def random():
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize("dimensions", [2, 200])
def test_clusters_that_lie_apart_are_found(random, dimensions):
    modes = 100 * torch.randn(7, dimensions, generator=random)
    samples = modes.repeat(40, 1) + torch.randn(280, dimensions, generator=random)
    means = samples.unflatten(0, (40, 7)).mean(0)
    centers = k_means(samples, 7)
    matched = centers[torch.cdist(means.to(centers), centers).argmin(1)]
    torch.testing.assert_close(matched, means.to(centers), rtol=1e-4, atol=1e-4)


def test_centers_are_the_means_of_what_is_nearest_to_them(random):
    samples = torch.randn(500, 3, generator=random, dtype=torch.float64)
    centers = k_means(samples, 12)
    labels = torch.cdist(samples, centers).argmin(1)
    for place, center in enumerate(centers):
        torch.testing.assert_close(samples[labels == place].mean(0), center)


def test_inertia_is_about_that_of_scikit_learn(random):
    sklearn = pytest.importorskip("sklearn.cluster")
    samples = torch.randn(1000, 8, generator=random)
    theirs = sklearn.KMeans(20, n_init=1, random_state=0).fit(samples.numpy()).inertia_
    ours = torch.cdist(samples.double(), k_means(samples, 20)).amin(1).square().sum().item()
    assert ours == pytest.approx(theirs, rel=0.03)


def test_same_seed_gives_the_same_centers_and_another_seed_others(random):
    samples = torch.randn(300, 4, generator=random)
    assert torch.equal(k_means(samples, 9, seed=3), k_means(samples, 9, seed=3))
    assert not torch.equal(k_means(samples, 9, seed=3), k_means(samples, 9, seed=4))


@pytest.mark.parametrize("dimensions", [2, 300])
def test_as_many_centers_as_different_samples_are_those_samples(random, dimensions):
    samples = torch.randn(5, dimensions, generator=random)
    centers = k_means(samples.repeat(10, 1), 5)
    nearest = torch.cdist(samples.to(centers), centers).amin(1)
    assert (nearest < 1e-4).all()


def test_more_centers_than_different_samples_are_refused(random):
    samples = torch.randn(5, 300, generator=random).repeat(10, 1)
    with pytest.raises(MetricError, match="only 5 samples differ; needs 6"):
        k_means(samples, 6)
