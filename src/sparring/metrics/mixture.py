"""Exact distances of samples from a known mixture of Gaussians, not from a sample of it."""

from math import pi, sqrt

import torch
from torch import Tensor

from sparring.errors import ShapeError

_ROWS = 128  # small enough for a block of squared distances to stay in the processor's cache
_LOWEST = -700.0  # exp of less is below float64's normal numbers, where it takes many times as long
_HALVINGS = 64


def mixture_mmd(samples: Tensor, centers: Tensor, deviation: float, bandwidth: float = 1.0) -> float:
    """Returns the squared maximum mean discrepancy of `samples` [N, d] from Gaussians around `centers` [M, d].

    The M Gaussians are equally likely and have one `deviation` s. With k(x, y) = exp(-‖x - y‖² / 2h²), x among
    the samples and y from the mixture,

        MMD² = E k(x, x') - 2 E k(x, y) + E k(y, y')    (Gretton et al. 2012, lemma 6).

    The first mean is over pairs of different samples (eq. 3), so the value is unbiased: for samples of the mixture
    it is 0 on average, and often below. The other two are exact: a Gaussian kernel under Gaussian noise of
    variance v is one of bandwidth √(h² + v), times (h² / (h² + v))^(d/2), with v = s² and 2s².

    The `bandwidth` h is in units of the deviation. At 1, the default, the kernel resolves the width and position of
    each mode, unlike a kernel as wide as the distance between modes, and measures the modes' frequencies about as well:
    for separate modes, a generator that samples mode m with probability w, but is otherwise exact, gives (h² / (h² +
    2s²))^(d/2) Σ (w - 1/M)². It does not measure how far a sample is from all modes, beyond a few deviations: W₁ does.

    Work grows with N (N + M), memory with N. Everything is float64. NaN or infinity in, NaN out.

    Raises:
        ShapeError: fewer than two samples, other dimensions than the centers', or a scale that is not above 0.

    >>> round(mixture_mmd(torch.zeros(2, 1), torch.zeros(1, 1), deviation=1.0), 6)  # 1 - 2/√2 + 1/√3
    0.163137
    """
    _check("mixture_mmd", samples, centers, deviation, bandwidth, least=2)
    samples, centers, scale = samples.detach().double(), centers.double(), bandwidth * deviation
    count, noise = len(samples), deviation**2
    with_itself = 1 / count  # the share of pairs (x, x), for which k = 1
    among_samples = (_mean_kernel(samples, samples, scale, 0.0) - with_itself) / (1 - with_itself)
    across = _mean_kernel(samples, centers, scale, noise)
    return float(among_samples - 2 * across + _mean_kernel(centers, centers, scale, 2 * noise))


def mixture_wasserstein(samples: Tensor, centers: Tensor, deviation: float) -> float:
    """Returns the 1-Wasserstein distance of `samples` [N, 1] from equal Gaussians around `centers` [M, 1].

    In one dimension W₁ = ∫ |F_N(x) - F(x)| dx, with F_N the share of samples up to x and F the mixture's
    distribution function (Vallender 1974). Between neighbouring samples F_N is constant and F crosses it at most
    once, so the integral is a sum of differences of F's antiderivative, which is known in closed form.

    The unit is that of the samples. Samples of the mixture itself do not reach 0: their distance falls as 1/√N.
    Everything is float64. NaN or infinity in, NaN out.

    Raises:
        ShapeError: no samples, more than one dimension, or a deviation that is not above 0.

    >>> round(mixture_wasserstein(torch.zeros(1, 1), torch.zeros(1, 1), deviation=1.0), 6)  # E |x| = √(2/π)
    0.797885
    """
    _check("mixture_wasserstein", samples, centers, deviation, bandwidth=1.0, least=1)
    if samples.shape[1] != 1:
        raise ShapeError(f"mixture_wasserstein: got samples {tuple(samples.shape)}; needs one dimension, [N, 1]")
    places, centers = samples.detach().double().flatten().sort().values, centers.double().flatten()
    start, end = places[:-1], places[1:]
    share = torch.arange(1, len(places), dtype=torch.float64, device=places.device) / len(places)
    crossing = _crossings(start, end, share, centers, deviation)
    area, area_at_crossing = _area(places, centers, deviation), _area(crossing, centers, deviation)
    # share - F from start to the crossing, and F - share from there to end
    between = share * (2 * crossing - start - end) + area[:-1] + area[1:] - 2 * area_at_crossing
    above = _area(-places[-1:], -centers, deviation)  # of 1 - F, by reflection
    return float(area[0] + between.sum() + above[0])


def _mean_kernel(points: Tensor, others: Tensor, scale: float, noise: float) -> Tensor:
    """Returns the mean over pairs of `points` [N, d] and `others` [M, d] of E k(x, y + √noise · ε), ε a unit normal."""
    variance = scale**2 + noise
    total = points.new_zeros(())
    for rows in torch.split(points, _ROWS):
        # By differences: with matrix products, distances of points far from 0 would be lost to rounding.
        distance = torch.cdist(rows, others, compute_mode="donot_use_mm_for_euclid_dist")
        exponent = distance.square_().mul_(-0.5 / variance).clamp_(min=_LOWEST)
        total += exponent.exp_().sum()
    height: float = (scale**2 / variance) ** (points.shape[1] / 2)
    return height * total / (len(points) * len(others))


def _distribution(places: Tensor, centers: Tensor, deviation: float) -> Tensor:
    """Returns F [K], the mixture's distribution function at `places` [K]."""
    shares: Tensor = torch.special.ndtr((places[:, None] - centers) / deviation)
    return shares.mean(1)


def _area(places: Tensor, centers: Tensor, deviation: float) -> Tensor:
    """Returns ∫ F from -∞ to `places` [K]: the mean over modes of s (z Φ(z) + φ(z)), with z = (x - c) / s."""
    z = (places[:, None] - centers) / deviation
    density = (-0.5 * z.square()).exp() / sqrt(2 * pi)
    areas: Tensor = z * torch.special.ndtr(z) + density
    return deviation * areas.mean(1)


def _crossings(start: Tensor, end: Tensor, share: Tensor, centers: Tensor, deviation: float) -> Tensor:
    """Returns where F, in `start` to `end` [K], crosses `share` [K], by bisection; the nearer end if it does not."""
    for _ in range(_HALVINGS):
        middle = (start + end) / 2
        below = _distribution(middle, centers, deviation) < share
        start, end = torch.where(below, middle, start), torch.where(below, end, middle)
    return (start + end) / 2


def _check(name: str, samples: Tensor, centers: Tensor, deviation: float, bandwidth: float, least: int) -> None:
    fitting = samples.ndim == centers.ndim == 2 and samples.shape[1] == centers.shape[1] >= 1
    if not fitting or len(samples) < least or not len(centers):
        raise ShapeError(
            f"{name}: got samples {tuple(samples.shape)} and centers {tuple(centers.shape)}; "
            f"needs [N, d] and [M, d], N at least {least} and M at least 1"
        )
    if not (deviation > 0 and bandwidth > 0):
        raise ShapeError(f"{name}: got deviation={deviation} and bandwidth={bandwidth}; needs numbers above 0")
