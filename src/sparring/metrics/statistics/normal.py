"""Normal distributions and their Fréchet distance."""

from collections.abc import Callable
from functools import cached_property
from typing import Self

import torch
from torch import Tensor

from sparring.errors import MetricError
from sparring.metrics.statistics.accumulators import Moments

_EPSILON = torch.finfo(torch.float64).eps

TOLERANCE = 2e-8
"""How far rounding may move the trace of the root in a Fréchet distance, as a share of the covariances' traces."""


class Normal:
    """The normal distribution of `mean` [d] and `covariance` [d, d], on the CPU in float64.

    Published statistics can be used directly: `Normal(torch.from_numpy(mu), torch.from_numpy(sigma))`. A covariance of
    `samples` samples has at most rank samples - 1, which saves determining it. `factor` is computed on first use and
    cached.

    Raises:
        MetricError: the shapes do not match, or a number is not finite.
    """

    def __init__(self, mean: Tensor, covariance: Tensor, samples: int | None = None) -> None:
        if mean.ndim != 1 or not len(mean) or covariance.shape != (len(mean), len(mean)):
            shapes = f"mean {tuple(mean.shape)} and covariance {tuple(covariance.shape)}"
            raise MetricError(f"Normal: got {shapes}; needs [d] and [d, d]")
        self.mean = mean.detach().cpu().double()
        self.covariance = covariance.detach().cpu().double()
        if not bool(torch.isfinite(self.mean.sum() + self.covariance.sum())):
            raise MetricError("Normal: mean or covariance contain numbers that are not finite; check the features")
        self.rank = len(mean) if samples is None else min(len(mean), samples - 1)

    @classmethod
    def of(cls, moments: Moments) -> Self:
        """Returns the normal distribution with these `moments`, of at least 2 samples; the covariance is unbiased."""
        return cls(moments.mean, moments.covariance, moments.count)

    def frechet_distance(self, other: Self) -> float:
        """Returns the squared Fréchet distance, or 2-Wasserstein distance, to another normal distribution.

        d² = ‖m₁ - m₂‖² + tr(S₁ + S₂ - 2 (S₁ S₂)^½) (Dowson & Landau 1982), in the square of the features' unit.

        The trace of the root is the sum of the roots of the eigenvalues of F₁ᵀ S₂ F₁ with S₁ = F₁ F₁ᵀ: symmetric,
        real, and defined for singular covariances too; nothing is added to a diagonal. Rounding changes the result by
        less than 4e-8 of the covariances' traces, by a conservative estimate; a negative result, of distributions
        equal up to that, becomes 0.

        The factor F₁ is cached: to compare many distributions with one reference, call the reference's method.

        Raises:
            MetricError: the distributions differ in size, or a covariance is not positive semidefinite.

        >>> def sphere(mean, deviation):
        ...     return Normal(torch.full((3,), mean), deviation**2 * torch.eye(3))
        >>> sphere(0.0, 1.0).frechet_distance(sphere(0.5, 3.0))  # 3 · 0.5² + 3 (1 - 3)²
        12.75
        """
        if self.mean.shape != other.mean.shape:
            sizes = f"{len(self.mean)} and of {len(other.mean)} numbers"
            raise MetricError(f"Fréchet distance: got features of {sizes}; use one backbone for both")
        traces = self.covariance.trace() + other.covariance.trace()
        gram = self.factor.T @ other.covariance @ self.factor
        rounding = _EPSILON * self.covariance.norm() * other.covariance.norm()
        rank = min(self.rank, other.rank)
        root = sum_of_roots(gram, rank, rounding, TOLERANCE * traces, lambda: self.factor.T @ other.factor)
        return squared_distance(self.mean - other.mean, traces, root)

    @cached_property
    def factor(self) -> Tensor:
        """A matrix F [d, r] with covariance = F Fᵀ: the Cholesky factor if that is stable, else from eigenvectors.

        The Cholesky factor is much faster, and separates small variances from large ones: the congruence with it
        loses less to rounding than that with eigenvectors.
        """
        if self.rank == len(self.mean):
            lower: Tensor
            lower, failed = torch.linalg.cholesky_ex(self.covariance)
            pivots = lower.diagonal().square()
            if not int(failed) and bool(pivots.min() > 1e-13 * pivots.max()):
                return lower
        values: Tensor
        values, vectors = torch.linalg.eigh(self.covariance)
        _check_semidefinite(values, _EPSILON * values[-1])
        null = len(values) - self.rank
        values, vectors = values[null:], vectors[:, null:]
        real = values > 4 * _EPSILON * values[-1]  # smaller eigenvalues are rounding errors
        factor: Tensor = vectors[:, real] * values[real].sqrt()
        return factor


def sum_of_roots(gram: Tensor, rank: int, rounding: Tensor, tolerance: Tensor, product: Callable[[], Tensor]) -> Tensor:
    """Returns the sum of singular values of A [m, n], from `gram` = A Aᵀ if that is accurate enough, else from A.

    Eigenvalues of A Aᵀ are several times faster than singular values of A, but the root is steep near 0. An error E of
    `gram`, ‖E‖ = `rounding`, moves eigenvalues by eᵢ with Σ eᵢ² ≤ ‖E‖², and their roots by Σ eᵢ / 2√λᵢ, which is at
    most ‖E‖ √(Σ 1 / 4λᵢ); eigenvalues below ‖E‖ / √m are indistinguishable from 0. If the error exceeds `tolerance`, A
    is computed by `product` and decomposed itself. Only the `rank` largest eigenvalues can differ from 0.
    """
    values: Tensor = torch.linalg.eigvalsh(gram)
    _check_semidefinite(values, rounding)
    values = values[max(len(values) - rank, 0) :]
    least = rounding / max(len(gram), 1) ** 0.5
    if not bool(rounding) or bool(rounding * (1 / values.clamp(min=least)).sum().sqrt() <= tolerance):
        return values.clamp(min=0).sqrt().sum()
    exact: Tensor = torch.linalg.svdvals(product())
    return exact.sum()


def squared_distance(shift: Tensor, traces: Tensor, root: Tensor) -> float:
    """Returns ‖shift‖² + traces - 2 root; 0 if rounding makes it negative."""
    return max(float(shift.square().sum() + (traces - 2 * root)), 0.0)


def _check_semidefinite(values: Tensor, rounding: Tensor) -> None:
    """Raises `MetricError` if eigenvalues, ascending, are below 0 by more than the rounding of float32 statistics."""
    if len(values) and bool(values[0] < -(1e-5 * values[-1].abs() + 1e3 * rounding.abs())):
        raise MetricError(
            f"Normal: a covariance is not positive semidefinite (an eigenvalue {float(values[0]):.3g}, "
            f"the largest {float(values[-1]):.3g}); were these statistics read completely and in the right order?"
        )
