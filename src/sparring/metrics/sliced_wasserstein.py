"""The sliced Wasserstein distance between two sets of images: cheap, and without any trained weights."""

import torch
from torch import Tensor
from torch.nn import functional

from sparring.errors import ShapeError
from sparring.metrics.statistics.quantiles import transport_cost


def sliced_wasserstein(real: Tensor, fake: Tensor, projections: int = 128, seed: int = 0) -> float:
    """Returns the sliced 2-Wasserstein distance between `real` [N, C, H, W] and `fake` [M, C, H, W].

    Both sets, flattened, are projected on random unit directions; between two sets of numbers the
    distance is known exactly, by sorting, and the squares are averaged over directions:
    SW² = E_θ W₂²(θ·real, θ·fake) (Rabin et al. 2011; Bonneel et al. 2015).

    The unit is that of a pixel, whatever the size of the image: if every pixel of `fake` is that of
    `real` plus c, the distance is c, up to the randomness of the directions (a relative standard
    deviation of about 1/√(2 · projections)). The same `seed` gives the same directions: values
    are comparable over a run.

    It measures brightness, contrast, broad layout and their diversity, not the content of images; it is no substitute
    for FID. Two samples of the same images do not reach 0 but about the distance between two halves of the real set:
    compare with that.

    Projections are float32 on the images' device, everything after them float64. NaN in, NaN out.

    Args:
        real: any shape [N, ...]; floating point.
        fake: the same shape except for the count.
        projections: random directions; the work grows with them.
        seed: for the directions.

    Raises:
        ShapeError: a set is empty, their images differ in shape, or `projections` is below 1.

    >>> real = torch.zeros(3, 1, 2, 2)
    >>> sliced_wasserstein(real, real)
    0.0
    """
    _check(real, fake, projections)
    size = real[0].numel()
    directions = _directions(projections, size, seed)
    real_sorted, fake_sorted = (_project(images, directions).sort(dim=0).values for images in (real, fake))
    return float(transport_cost(real_sorted, fake_sorted, power=2).mean().sqrt())


def _directions(count: int, size: int, seed: int) -> Tensor:
    """Returns unit directions [size, count], uniform on the sphere, the same on every device."""
    random = torch.Generator().manual_seed(seed)
    gaussian = torch.randn(size, count, generator=random, dtype=torch.float64)
    return functional.normalize(gaussian, dim=0).float()


def _project(images: Tensor, directions: Tensor) -> Tensor:
    return (images.detach().flatten(1).float() @ directions.to(images.device)).cpu().double()


def _check(real: Tensor, fake: Tensor, projections: int) -> None:
    if real.ndim < 2 or real.shape[1:] != fake.shape[1:] or 0 in real.shape or 0 in fake.shape:
        raise ShapeError(
            f"sliced_wasserstein: got real {tuple(real.shape)} and fake {tuple(fake.shape)}; "
            "needs two sets [N, ...] and [M, ...] of images of one shape, neither of them empty"
        )
    if projections < 1:
        raise ShapeError(f"sliced_wasserstein: got projections={projections}; needs at least 1")
