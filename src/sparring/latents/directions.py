"""Directions in a latent space, and what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from sparring.errors import SpecError
from sparring.latents.latent import Latents, SpaceName

_NEWTON = 25
"""Newton's steps for a convex function of few variables: it is at its minimum long before."""


def attribute(latents: Tensor, having: Tensor) -> Tensor:
    """Returns the mean of the `latents` [N, n] that have an attribute minus that of the others, [n].

    Added to a latent it gives the attribute, subtracted it takes it away (Larsen et al. 2016, sec. 4.2). `having` [N]
    says which have it.

    Raises:
        SpecError: none or all of them have it.

    >>> import torch
    >>> attribute(torch.tensor([[0.0, 1.0], [2.0, 1.0], [5.0, 5.0]]), torch.tensor([False, False, True]))
    tensor([4., 4.])
    """
    having = having.bool()
    if having.all() or not having.any():
        raise SpecError(f"attribute: {int(having.sum())} of {len(having)} latents have it; needs some with and without")
    return latents[having].mean(0) - latents[~having].mean(0)


@dataclass(frozen=True)
class Directions:
    """Ways to edit: steps [K, n] in the latent space named `space`, of the length that latents vary by along each.

    `strengths` [K] say how much each matters, in the terms of how it was found. `layers` of a style network are moved,
    all where there are none named.
    """

    space: SpaceName
    steps: Tensor
    strengths: Tensor
    layers: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self.steps)


def factorize(weights: Sequence[Tensor], count: int) -> tuple[Tensor, Tensor]:
    """Returns the `count` unit vectors [K, n] that linear maps stretch most together, and how much, squared [K].

    With A all rows of the `weights` [m, n], these are the eigenvectors of AᵀA of the largest eigenvalues: where the
    styles of a network change most for a step of its latent (SeFa: Shen & Zhou 2021, eqs. 3-5). Signs are arbitrary;
    the largest number of each is positive here.

    >>> import torch
    >>> factorize([torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 1.0]])], 1)
    (tensor([[1., 0.]]), tensor([9.]))
    """
    rows = torch.cat([weight.detach() for weight in weights]).double()
    _check_count(count, rows.shape[1])
    values, vectors = torch.linalg.eigh(rows.T @ rows)
    return _signed(vectors.T.flip(0)[:count]).to(weights[0].dtype), values.flip(0)[:count].to(weights[0].dtype)


def principal(latents: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Returns the `count` first principal components [K, n] of `latents` [N, n], unit vectors, and their variances [K].

    Those of W are GANSpace's directions (Härkönen et al. 2020, sec. 2.1). Signs are as `factorize` has them.
    """
    rows = latents.double()
    _check_count(count, min(rows.shape[1], len(rows) - 1))
    values, vectors = torch.linalg.eigh((rows - rows.mean(0)).T @ (rows - rows.mean(0)) / (len(rows) - 1))
    return _signed(vectors.T.flip(0)[:count]).to(latents.dtype), values.flip(0)[:count].to(latents.dtype)


def boundary(latents: Tensor, having: Tensor, penalty: float = 1.0) -> Tensor:
    """Returns the unit normal [n] of the plane that best parts the `latents` [N, n] that have an attribute from others.

    It is that of a logistic regression (as InterFaceGAN has one, Shen et al. 2020) on latents of unit variance, whose
    squared weights cost half the `penalty`, found by Newton's method; it points to where `having` [N] holds.

    Raises:
        SpecError: none or all of them have it, or the lengths differ.
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
    cost[-1] = 1e-9  # the threshold is free, but for a trace that keeps the system regular
    weights = features.new_zeros(features.shape[1])
    for _ in range(_NEWTON):
        chance = torch.sigmoid(features @ weights)
        slope = features.T @ (chance - having.double()) + cost * weights
        curvature = (features.T * (chance * (1 - chance))) @ features + cost.diag()
        weights = weights - torch.linalg.solve(curvature, slope)
    return functional.normalize(weights[:-1] / scale, dim=0).to(latents.dtype)


def move(latents: Latents, step: Tensor, amount: float, layers: Sequence[int] = ()) -> Latents:
    """Returns `latents` moved by `amount` times a `step` [n]; in W+ in these `layers` only, or in all without."""
    points = latents.points.clone()
    if latents.space == "w+" and layers:
        points[:, list(layers)] += amount * step
    else:
        points += amount * step
    return replace(latents, points=points)


def _signed(vectors: Tensor) -> Tensor:
    """Returns `vectors` [K, n], each with the sign that makes its largest number positive."""
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return vectors * largest.sign()


def _check_count(count: int, most: int) -> None:
    if not 0 < count <= most:
        raise SpecError(f"directions: got {count}; there are from 1 to {most}")
