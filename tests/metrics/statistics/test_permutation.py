"""The permutation test against its definition, and its level."""

import pytest
import torch

from sparring.errors import MetricError
from sparring.metrics import permutation_test
from sparring.metrics.statistics.mmd import gaussian_kernel, mmd


def normals(count: int, seed: int, shift: float = 0.0) -> torch.Tensor:
    return torch.randn(count, 2, generator=torch.Generator().manual_seed(seed)) + shift


def test_its_statistic_is_the_unbiased_mmd() -> None:
    real, fake, kernel = normals(20, 0), normals(30, 1, 0.5), gaussian_kernel(1.0)
    assert permutation_test(real, fake, kernel, 10).mmd == pytest.approx(mmd(real, fake, kernel)[0], abs=1e-12)


def test_p_counts_the_deals_that_look_as_different() -> None:
    real, fake, kernel = normals(6, 0), normals(4, 1, 0.7), gaussian_kernel(1.0)
    samples, random = torch.cat((real, fake)), torch.Generator().manual_seed(3)
    values = []
    for _ in range(99):
        dealt = samples[torch.randperm(10, generator=random)]
        values.append(mmd(dealt[:6], dealt[6:], kernel)[0])
    result = mmd(real, fake, kernel)[0]
    expected = (1 + sum(value >= result - 1e-12 for value in values)) / 100
    assert permutation_test(real, fake, kernel, 99, seed=3).p == pytest.approx(expected)


def test_it_is_wrong_about_equal_distributions_as_often_as_its_level_says() -> None:
    result = [
        permutation_test(normals(30, 2 * i), normals(50, 2 * i + 1), gaussian_kernel(1.0), 99) for i in range(300)
    ]
    share = sum(test.p <= 0.05 for test in result) / len(result)
    assert 0.02 < share < 0.085


def test_it_finds_a_difference() -> None:
    assert permutation_test(normals(100, 0), normals(200, 1, 0.5), gaussian_kernel(1.0), 999).p == pytest.approx(0.001)


@pytest.mark.parametrize("permutations", [0, -1])
def test_no_permutations_are_no_test(permutations: int) -> None:
    with pytest.raises(MetricError, match="needs at least 1"):
        permutation_test(normals(5, 0), normals(5, 1), gaussian_kernel(1.0), permutations)


def test_sets_that_cannot_be_compared_are_refused() -> None:
    with pytest.raises(MetricError, match="permutation test"):
        permutation_test(normals(5, 0), torch.randn(5, 3), gaussian_kernel(1.0))
    with pytest.raises(MetricError, match="permutation test"):
        permutation_test(normals(1, 0), normals(5, 1), gaussian_kernel(1.0))
