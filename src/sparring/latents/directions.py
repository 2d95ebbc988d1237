"""Editing directions in a latent space."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from sparring.errors import SpecError
from sparring.latents.latent import Latents, SpaceName

_NEWTON = 25
"""Newton steps, more than enough for a convex function of few variables."""


def attribute_direction(latents: Tensor, having: Tensor) -> Tensor:
    """Returns the mean of `latents` [N, n] with an attribute minus the mean of those without, [n].

    Adding it to a latent adds the attribute, subtracting removes it (Larsen et al. 2016, sec. 4.2). `having` [N]
    marks latents with the attribute.

    Raises:
        SpecError: none or all of them have the attribute.

    >>> import torch
    >>> attribute_direction(torch.tensor([[0.0, 1.0], [2.0, 1.0], [5.0, 5.0]]), torch.tensor([False, False, True]))
    tensor([4., 4.])
    """
    having = having.bool()
    if having.all() or not having.any():
        raise SpecError(f"attribute: {int(having.sum())} of {len(having)} latents have it; needs some with and without")
    return latents[having].mean(0) - latents[~having].mean(0)


@dataclass(frozen=True)
class Directions:
    """Editing directions: `steps` [K, n] in the latent space `space`, each one standard deviation of the latents long.

    `strengths` [K] rank them, in units of the method that found them. They apply to `layers` of a style network, all
    if empty.
    """

    space: SpaceName
    steps: Tensor
    strengths: Tensor
    layers: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.steps)


def factorize(weights: Sequence[Tensor], count: int) -> tuple[Tensor, Tensor]:
    """Returns the `count` unit vectors [K, n] that linear maps jointly stretch most, and the squared stretch [K].

    With A all rows of the `weights` [m, n], these are the eigenvectors of AᵀA with the largest eigenvalues: directions
    of the latent in which a network's styles change most (SeFa: Shen & Zhou 2021, eqs. 3-5). Signs make the largest
    component of each positive.

    >>> import torch
    >>> factorize([torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 1.0]])], 1)
    (tensor([[1., 0.]]), tensor([9.]))
    """
    rows = torch.cat([weight.detach() for weight in weights]).double()
    _check_count(count, rows.shape[1])
    values, vectors = torch.linalg.eigh(rows.T @ rows)
    return _signed(vectors.T.flip(0)[:count]).to(weights[0].dtype), values.flip(0)[:count].to(weights[0].dtype)


def principal_components(latents: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Returns the `count` first principal components [K, n] of `latents` [N, n], unit vectors, and their variances [K].

    Those of W are GANSpace's directions (Härkönen et al. 2020, sec. 2.1). Signs as in `factorize`.
    """
    rows = latents.double()
    _check_count(count, min(rows.shape[1], len(rows) - 1))
    values, vectors = torch.linalg.eigh((rows - rows.mean(0)).T @ (rows - rows.mean(0)) / (len(rows) - 1))
    return _signed(vectors.T.flip(0)[:count]).to(latents.dtype), values.flip(0)[:count].to(latents.dtype)


def attribute_boundary(latents: Tensor, having: Tensor, penalty: float = 1.0) -> Tensor:
    """Returns the unit normal [n] of the plane that best separates `latents` [N, n] with an attribute from the others.

    Logistic regression (cf. InterFaceGAN, Shen et al. 2020) on latents of unit variance, with half the `penalty` on
    squared weights, by Newton's method; the normal points to where `having` [N] holds.

    Raises:
        SpecError: none or all of them have the attribute, or the lengths differ.
    """
    having = having.bool()
    if len(having) != len(latents) or having.all() or not having.any():
        raise SpecError(
            f"boundary: {int(having.sum())} of {len(having)} labels hold, for {len(latents)} latents; needs one a "
            "latent, some with and some without"
        )
    rows = latents.double()
    deviation, mean = torch.std_mean(rows, 0, correction=0)
    scale = torch.where(deviation > 0, deviation, 1.0)
    ones = rows.new_ones(len(rows), 1)
    features = torch.cat(((rows - mean) / scale, ones), 1)
    cost = torch.full((features.shape[1],), penalty, dtype=rows.dtype, device=rows.device)
    cost[-1] = 1e-9  # nearly free: a trace keeps the system regular
    weights = features.new_zeros(features.shape[1])
    for _ in range(_NEWTON):
        probability = torch.sigmoid(features @ weights)
        gradient = features.T @ (probability - having.double()) + cost * weights
        hessian = (features.T * (probability * (1 - probability))) @ features + cost.diag()
        weights = weights - torch.linalg.solve(hessian, gradient)
    return functional.normalize(weights[:-1] / scale, dim=0).to(latents.dtype)


def shift_latents(latents: Latents, step: Tensor, amount: float, layers: Sequence[int] = ()) -> Latents:
    """Returns `latents` plus `amount` times a `step` [n]; in W+ in `layers` only, or in all if empty."""
    points = latents.points.clone()
    if latents.space == "w+" and layers:
        points[:, list(layers)] += amount * step
    else:
        points += amount * step
    return replace(latents, points=points)


def _signed(vectors: Tensor) -> Tensor:
    """Returns `vectors` [K, n], each with the sign that makes its largest component positive."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * largest.sign()


def _check_count(count: int, most: int) -> None:
    if not 0 < count <= most:
        raise SpecError(f"directions: got {count}; there are from 1 to {most}")
