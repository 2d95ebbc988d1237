"""The distances from a known mixture are those of the distribution, not of a sample of it."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor

from sparring.data import Grid, Line, Ring
from sparring.errors import ShapeError
from sparring.metrics import mixture_mmd, mixture_wasserstein

CENTERS = torch.tensor([[-2.0], [0.5], [3.0]], dtype=torch.float64)
DEVIATION = 0.3


def cdf(x: float) -> float:
    """The mixture's distribution function, without torch."""
    return sum(math.erfc((c - x) / (DEVIATION * math.sqrt(2))) for c in CENTERS.flatten().tolist()) / (2 * len(CENTERS))


def quadrature(samples: Tensor) -> float:
    """∫ |F_N - F|, by Gauss and Legendre on pieces between samples and the places where F crosses their shares."""
    places = sorted(samples.flatten().tolist())
    levels = [index / len(places) for index in range(len(places) + 1)]
    edges = [min(places[0], -2.0) - 4, *places, max(places[-1], 3.0) + 4]
    nodes, weights = np.polynomial.legendre.leggauss(20)
    total = 0.0
    for level, (left, right) in zip(levels, pairwise(edges), strict=True):
        low, high = left, right
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if cdf(middle) < level else (low, middle)
        for start, end in ((left, low), (low, right)):
            pieces = np.linspace(start, end, 2 + int((end - start) / 0.1))
            for a, b in pairwise(pieces):
                values = [abs(level - cdf((a + b) / 2 + (b - a) / 2 * node)) for node in nodes]
                total += (b - a) / 2 * float(weights @ np.array(values))
    return total


def test_wasserstein_of_one_point_is_the_mean_distance_to_it() -> None:
    # E|x - a| for x ~ N(c, s²): d (1 - 2 Φ(-d/s)) + 2 s φ(d/s), with d = a - c.
    for place in (-3.0, 0.0, 0.2, 1.7):
        offset, s = place - 0.5, 0.8
        expected = offset * math.erf(offset / s / math.sqrt(2)) + s * math.sqrt(2 / math.pi) * math.exp(
            -(offset**2) / (2 * s**2)
        )
        got = mixture_wasserstein(torch.tensor([[place]], dtype=torch.float64), torch.tensor([[0.5]]), s)
        assert got == pytest.approx(expected, abs=1e-14)


@pytest.mark.parametrize("spread", [0.0, 0.1, 2.0, 5.0])
def test_wasserstein_matches_a_fine_quadrature(spread: float) -> None:
    samples = spread * torch.randn(40, 1, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    assert mixture_wasserstein(samples, CENTERS, DEVIATION) == pytest.approx(quadrature(samples), abs=1e-9)


def test_wasserstein_of_quantiles_is_that_of_their_spacing() -> None:
    # N(0, 1) against its own N quantiles at (i - ½)/N comes near 0 faster than samples do.
    quantiles = torch.special.ndtri((torch.arange(5_000, dtype=torch.float64) + 0.5) / 5_000)[:, None]
    assert mixture_wasserstein(quantiles, torch.zeros(1, 1), 1.0) < 1e-3
    assert mixture_wasserstein(quantiles + 0.75, torch.zeros(1, 1), 1.0) == pytest.approx(0.75, abs=1e-3)


def test_wasserstein_of_far_samples_is_how_far_their_mean_is() -> None:
    samples = 1e6 + torch.arange(10, dtype=torch.float64)[:, None]
    expected = float(samples.mean() - CENTERS.mean())
    assert mixture_wasserstein(samples, CENTERS, DEVIATION) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("dimension", [1, 2, 5])
@pytest.mark.parametrize("bandwidth", [0.5, 1.0, 4.0])
def test_mmd_of_samples_at_the_center_of_one_gaussian(dimension: int, bandwidth: float) -> None:
    ratio = bandwidth**2
    once, twice = ((ratio / (ratio + noise)) ** (dimension / 2) for noise in (1, 2))
    center = torch.arange(dimension, dtype=torch.float64)[None]
    got = mixture_mmd(center.repeat(7, 1), center, 0.1, bandwidth)
    assert got == pytest.approx(1 - 2 * once + twice, abs=1e-13)


def test_mmd_is_that_of_its_definition_whatever_the_blocks() -> None:
    random = torch.Generator().manual_seed(0)
    samples, centers = torch.randn(300, 2, generator=random), torch.randn(150, 2, generator=random)
    x, c, h, s = samples.double(), centers.double(), 0.6, 0.2
    within = (-(x[:, None] - x).square().sum(-1) / (2 * h**2)).exp().fill_diagonal_(0).sum() / (300 * 299)
    across = h**2 / (h**2 + s**2) * (-(x[:, None] - c).square().sum(-1) / (2 * (h**2 + s**2))).exp().mean()
    truth = h**2 / (h**2 + 2 * s**2) * (-(c[:, None] - c).square().sum(-1) / (2 * (h**2 + 2 * s**2))).exp().mean()
    assert mixture_mmd(samples, centers, s, h / s) == pytest.approx(float(within - 2 * across + truth), abs=1e-13)


@pytest.mark.parametrize("bandwidth", [1.0, 20.0])
@pytest.mark.parametrize("world", [Ring(), Grid(), Line()], ids=["ring", "grid", "line"])
def test_mmd_of_the_mixture_itself_is_zero_on_average(world: Ring | Grid | Line, bandwidth: float) -> None:
    random, centers = np.random.default_rng(0), torch.from_numpy(world.centers())
    draws = (torch.from_numpy(world.draw(20, random)) for _ in range(1_000))
    values = np.array([mixture_mmd(samples, centers, world.deviation, bandwidth) for samples in draws])
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean()) < 3 * error
    assert error < 0.002  # pairs of a sample and itself would add (1 - E k(x, x')) / 20, which is 0.006 or more


@pytest.mark.parametrize("missed", [0, 1, 7])
def test_mmd_of_missed_modes_is_that_of_the_weights(missed: int) -> None:
    world, random = Ring(), np.random.default_rng(0)
    centers = world.centers()
    visited = centers[missed:]
    samples = np.repeat(visited, 800 // len(visited), 0)
    samples = samples + world.deviation * random.standard_normal(samples.shape)
    weights = np.where(np.arange(8) >= missed, 1 / len(visited), 0)
    got = mixture_mmd(torch.from_numpy(samples), torch.from_numpy(centers), world.deviation)
    assert got == pytest.approx(np.square(weights - 1 / 8).sum() / 3, rel=0.1, abs=1e-3)


def test_mmd_sees_modes_that_are_too_narrow() -> None:
    world, random = Grid(), np.random.default_rng(0)
    centers = torch.from_numpy(world.centers())
    right = torch.from_numpy(world.draw(2_500, random))
    narrow = centers.repeat(100, 1) + 0.5 * world.deviation * torch.from_numpy(random.standard_normal((2_500, 2)))
    assert mixture_mmd(narrow, centers, world.deviation) > 10 * abs(mixture_mmd(right, centers, world.deviation))


@pytest.mark.parametrize("distance", [mixture_mmd, mixture_wasserstein])
def test_moving_samples_and_mixture_together_changes_nothing(distance) -> None:  # type: ignore[no-untyped-def]
    samples = torch.randn(200, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    here = distance(samples, CENTERS, DEVIATION)
    assert distance(samples + 1000, CENTERS + 1000, DEVIATION) == pytest.approx(here, abs=1e-10)
    assert distance(-samples.flip(0), -CENTERS.flip(0), DEVIATION) == pytest.approx(here, abs=1e-13)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("distance", [mixture_mmd, mixture_wasserstein])
def test_samples_that_are_not_finite_have_no_distance(distance, value: float) -> None:  # type: ignore[no-untyped-def]
    assert math.isnan(distance(torch.tensor([[0.0], [value], [1.0]]), CENTERS, DEVIATION))


@pytest.mark.parametrize(
    ("samples", "centers"),
    [((0, 1), (3, 1)), ((3, 1), (0, 1)), ((3, 1), (3, 2)), ((3,), (3,)), ((3, 1, 1), (3, 1)), ((3, 0), (3, 0))],
    ids=str,
)
@pytest.mark.parametrize("distance", [mixture_mmd, mixture_wasserstein])
def test_sets_that_do_not_fit_are_refused_by_their_shapes(distance, samples, centers) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ShapeError, match=distance.__name__):
        distance(torch.zeros(samples), torch.zeros(centers), 1.0)


def test_what_has_no_distance_is_refused() -> None:
    with pytest.raises(ShapeError, match="N at least 2"):
        mixture_mmd(torch.zeros(1, 2), torch.zeros(3, 2), 1.0)
    with pytest.raises(ShapeError, match="one dimension"):
        mixture_wasserstein(torch.zeros(4, 2), torch.zeros(3, 2), 1.0)
    with pytest.raises(ShapeError, match="bandwidth=0"):
        mixture_mmd(torch.zeros(4, 2), torch.zeros(3, 2), 1.0, bandwidth=0)
    with pytest.raises(ShapeError, match="deviation=0"):
        mixture_wasserstein(torch.zeros(4, 1), torch.zeros(3, 1), 0)
