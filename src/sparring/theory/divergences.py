"""Divergences between distributions on finitely many points: what adversarial losses measure at the optimal D."""

import numpy as np
from numpy.typing import ArrayLike

from sparring.errors import SpecError
from sparring.theory.distributions import Vector, distributions, small_enough

# Every function takes masses p (data) and q (generator) [n], returns a float (infinite where the divergence needs
# absolute continuity and there is none), and raises the errors of `distributions`.


def kullback_leibler(p: ArrayLike, q: ArrayLike) -> float:
    """Returns KL(p‖q) = Σ p ln(p/q) in nats, infinite where p has mass and q has none (Kullback & Leibler 1951).

    Maximum likelihood minimises it over q. Raises the errors of `distributions`.

    >>> round(kullback_leibler([0.5, 0.5], [0.25, 0.75]), 6)
    0.143841
    """
    return _relative_entropy(*distributions(p=p, q=q))


def reverse_kullback_leibler(p: ArrayLike, q: ArrayLike) -> float:
    """Returns KL(q‖p), the mode-seeking direction; raises as `distributions`."""
    p, q = distributions(p=p, q=q)
    return _relative_entropy(q, p)


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> float:
    """Returns JS(p, q) = ½ KL(p‖m) + ½ KL(q‖m), m = (p + q)/2, in [0, ln 2] (Lin 1991).

    The original game's value is 2 JS - ln 4 (Goodfellow et al. 2014, theorem 1). Raises the errors of `distributions`.
    """
    p, q = distributions(p=p, q=q)
    return (_relative_entropy(p, (p + q) / 2) + _relative_entropy(q, (p + q) / 2)) / 2


def relativistic_jensen_shannon(p: ArrayLike, q: ArrayLike) -> float:
    """Returns JS(p⊗q, q⊗p), which a relativistic discriminator measures: it sees (real, generated) in either order.

    At its optimum, E[softplus(-(D(x) - D(y)))] over x ~ p, y ~ q is at least ln 2 - JS(p⊗q, q⊗p)
    (Jolicoeur-Martineau 2019; the bound holds since D(x) - D(y) is one of all functions of (x, y)); it is
    attained, since ln p(x)q(y)/(q(x)p(y)) is such a difference. Raises the errors of `distributions`, and `SpecError`
    for more than 4,096 points.
    """
    p, q = distributions(p=p, q=q)
    small_enough("p", len(p), 4096)
    return jensen_shannon(np.outer(p, q).ravel(), np.outer(q, p).ravel())


def pearson(p: ArrayLike, q: ArrayLike) -> float:
    """Returns Pearson's χ² = Σ (p - q)²/q, infinite where q lacks a point of p; raises as `distributions`."""
    p, q = distributions(p=p, q=q)
    if ((q == 0) & (p > 0)).any():
        return float("inf")
    support = q > 0
    return float(np.sum((p[support] - q[support]) ** 2 / q[support]))


def squared_hellinger(p: ArrayLike, q: ArrayLike) -> float:
    """Returns Σ (√p - √q)², in [0, 2]; raises as `distributions`."""
    p, q = distributions(p=p, q=q)
    return float(np.sum((np.sqrt(p) - np.sqrt(q)) ** 2))


def total_variation(p: ArrayLike, q: ArrayLike) -> float:
    """Returns ½ Σ |p - q|, in [0, 1]; raises as `distributions`."""
    p, q = distributions(p=p, q=q)
    return float(np.abs(p - q).sum() / 2)


def least_squares(p: ArrayLike, q: ArrayLike) -> float:
    """Returns Σ (p - q)²/(p + q), in [0, 2]: the triangular discrimination.

    The least loss of the least-squares discriminator with labels a, b is ((b-a)²/8)(2 - this sum), and Pearson's
    χ²(p + q ‖ 2q) of Mao et al. 2017 is the same sum. Raises the errors of `distributions`.
    """
    p, q = distributions(p=p, q=q)
    support = p + q > 0
    return float(np.sum((p[support] - q[support]) ** 2 / (p[support] + q[support])))


def hinge_minimum(p: ArrayLike, q: ArrayLike) -> float:
    """Returns 2 - 2 TV(p, q): the hinge discriminator's least loss, at D = sign(p - q) (Lim & Ye 2017).

    Raises the errors of `distributions`.
    """
    return 2 - 2 * total_variation(p, q)


def alpha_divergence(p: ArrayLike, q: ArrayLike, alpha: float) -> float:
    """Returns (Σ p^α q^(1-α) - 1)/(α(α - 1)), and its limits KL(p‖q) at α = 1 and KL(q‖p) at α = 0.

    α = 2 is half of Pearson's χ², α = ½ twice the squared Hellinger sum (Amari 1985; Nowozin et al. 2016).

    Raises:
        SpecError: `alpha` is not finite, or the errors of `distributions`.

    >>> p, q = [0.5, 0.5], [0.2, 0.8]
    >>> round(alpha_divergence(p, q, 2) - pearson(p, q) / 2, 12)
    0.0
    """
    if not np.isfinite(alpha):
        raise SpecError(f"alpha is {alpha}; it must be finite")
    if alpha in (0.0, 1.0):
        return kullback_leibler(p, q) if alpha else reverse_kullback_leibler(p, q)
    p, q = distributions(p=p, q=q)
    p_alone, q_alone = ((q == 0) & (p > 0)).any(), ((p == 0) & (q > 0)).any()
    if (alpha > 1 and p_alone) or (alpha < 0 and q_alone):
        return float("inf")
    both = (p > 0) & (q > 0)
    return float((np.sum(p[both] ** alpha * q[both] ** (1 - alpha)) - 1) / (alpha * (alpha - 1)))


def _relative_entropy(p: Vector, q: Vector) -> float:
    support = p > 0
    if (q[support] == 0).any():
        return float("inf")
    return float(np.sum(p[support] * np.log(p[support] / q[support])))
