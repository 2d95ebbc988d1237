"""Augmentations as Markov kernels: their eigenvalues show which of them leak into the generated images."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sparring.errors import ShapeError, SpecError
from sparring.theory.distributions import Matrix, Vector, distribution, finite_numbers, small_enough, stochastic

LARGEST_RING = 1024
"""The most points of a kernel built here."""


@dataclass(frozen=True)
class Leak:
    """Two different distributions with the same image under a kernel: no discriminator behind it separates them."""

    first: Vector
    second: Vector


def flip(probability: float) -> Matrix:
    """Returns the kernel [2, 2] on {image, mirrored image} that flips with `probability`; eigenvalues 1, 1 - 2p.

    Raises:
        SpecError: the probability is not in [0, 1].
    """
    p = _probability(probability)
    return np.array([[1 - p, p], [p, 1 - p]])


def other_rotations(probability: float) -> Matrix:
    """Returns the kernel [4, 4] that with `probability` rotates by 90°, 180° or 270°, never by 0°; 1 and 1 - 4p/3.

    Raises the errors of `flip`.
    """
    p = _probability(probability)
    return cyclic([1 - p, p / 3, p / 3, p / 3])


def any_rotation(probability: float) -> Matrix:
    """Returns the kernel [4, 4] that with `probability` rotates by 0°, 90°, 180° or 270°, as in ADA; 1 and 1 - p.

    Raises the errors of `flip`.
    """
    p = _probability(probability)
    return cyclic([1 - 3 * p / 4, p / 4, p / 4, p / 4])


def cyclic(steps: ArrayLike) -> Matrix:
    """Returns the kernel [n, n] on a ring that moves by k places with probability `steps`[k] (a circulant matrix).

    Raises:
        ShapeError, SpecError: `steps` is not a distribution, or longer than 1,024.

    >>> cyclic([0.9, 0.1])
    array([[0.9, 0.1],
           [0.1, 0.9]])
    """
    moves = distribution("steps", steps)
    small_enough("steps", len(moves), LARGEST_RING)
    return np.stack([np.roll(moves, place) for place in range(len(moves))])


def gaussian_noise(deviation: float, count: int) -> Matrix:
    """Returns additive Gaussian noise on a ring of `count` places one apart: wrapped, sampled and normalized.

    Its eigenvalues are exp(-σ²ω²/2) at ω = 2πk/count, up to aliasing (Poisson's summation). Raises the errors of
    `cyclic`, and `SpecError` unless the deviation is positive and finite.
    """
    if not 0 < deviation < np.inf:
        raise SpecError(f"deviation is {deviation}; it must be positive and finite")
    if count < 1:
        raise SpecError(f"count is {count}; a ring has at least one place")
    small_enough("count", count, LARGEST_RING)
    deviation = min(deviation, 3.0 * count)  # wider noise is flat to more digits than float64 has
    turns = np.arange(-int(12 * deviation / count) - 2, int(12 * deviation / count) + 3)
    places = np.arange(count)[:, None] + count * turns
    heights = np.exp(-((places / deviation) ** 2) / 2).sum(axis=1)
    return cyclic(heights / heights.sum())


def gaussian_spectrum(deviation: float, frequencies: ArrayLike) -> Vector:
    """Returns exp(-σ²ω²/2) for angular `frequencies`: never 0, hence noise never leaks, but soon vanishingly small.

    Karras et al. 2020, appendix C.4.
    """
    eigenvalues: Vector = np.exp(-((deviation * finite_numbers("frequencies", frequencies)) ** 2) / 2)
    return eigenvalues


def compose_kernels(*kernels: ArrayLike) -> Matrix:
    """Returns the kernel that applies `kernels` one after the other.

    It is injective if each of them is; if they commute, their eigenvalues multiply.

    Raises:
        ShapeError: the sizes do not follow each other.
        SpecError: no kernel, or one that is not stochastic.
    """
    checked = [stochastic(f"kernel {index + 1}", kernel) for index, kernel in enumerate(kernels)]
    if not checked:
        raise SpecError("compose_kernels needs at least one kernel")
    for index, (one, two) in enumerate(pairwise(checked)):
        if one.shape[1] != two.shape[0]:
            raise ShapeError(
                f"kernel {index + 1} leads to {one.shape[1]} points, kernel {index + 2} starts from "
                f"{two.shape[0]}; they must be the same points"
            )
    composed = checked[0]
    for kernel in checked[1:]:
        composed = np.einsum("ij,jk->ik", composed, kernel)
    return composed


def independently(first: ArrayLike, second: ArrayLike) -> Matrix:
    """Returns the kernel on pairs that moves both coordinates independently; eigenvalues are all the products.

    Raises:
        ShapeError, SpecError: one is not stochastic, or there are more than 1,024 pairs.
    """
    one, two = stochastic("first", first), stochastic("second", second)
    small_enough("pairs", max(len(one) * len(two), one.shape[1] * two.shape[1]), LARGEST_RING)
    return np.asarray(np.kron(one, two), np.float64)


def spectrum(kernel: ArrayLike) -> NDArray[np.complex128]:
    """Returns the eigenvalues [n] of a square kernel, largest modulus (and of those largest real part) first: 1.

    Raises:
        ShapeError, SpecError: the kernel is not square, or not stochastic.
    """
    rows = stochastic("kernel", kernel)
    if rows.shape[0] != rows.shape[1]:
        raise ShapeError(f"kernel has shape {list(rows.shape)}; eigenvalues need as many points to as from")
    values = np.linalg.eigvalsh(rows) if np.array_equal(rows, rows.T) else np.linalg.eigvals(rows)
    order = np.lexsort((-values.real, -np.abs(values).round(12)))
    return values[order].astype(np.complex128)


def smallest_eigenvalue(kernel: ArrayLike) -> complex:
    """Returns the eigenvalue of least modulus: 0 means that the kernel leaks. Raises the errors of `spectrum`."""
    return complex(spectrum(kernel)[-1])


def condition(kernel: ArrayLike) -> float:
    """Returns the ratio of the largest to the smallest singular value: the noise gain of inverting the kernel."""
    return float(np.linalg.cond(stochastic("kernel", kernel)))


def leak(kernel: ArrayLike, tolerance: float = 1e-12) -> Leak | None:
    """Returns two distributions that the kernel maps to the same one, or None if it is injective (non-leaking).

    A generator behind a leaking augmentation may settle on either (Karras et al. 2020, appendix C.1). Singular
    values up to `tolerance` times the largest count as 0.

    Raises:
        ShapeError, SpecError: the kernel is not stochastic.
    """
    rows = stochastic("kernel", kernel)
    left, sizes, _ = np.linalg.svd(rows)
    rank = int((sizes > tolerance * sizes[0]).sum())
    if rank == len(rows):
        return None
    direction = left[:, -1]
    # a kernel keeps the total mass, hence its null vectors sum to 0: positive and negative part weigh the same
    gain, loss = np.maximum(direction, 0), np.maximum(-direction, 0)
    return Leak(gain / gain.sum(), loss / loss.sum())


def _probability(value: float) -> float:
    if not 0 <= value <= 1:
        raise SpecError(f"probability is {value}; it must be in [0, 1]")
    return value
