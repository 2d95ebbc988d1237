"""SWD: the sliced Wasserstein distance between patches of two sets of images at every scale."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field, PositiveInt
from torch import Tensor
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, Value
from sparring.metrics.statistics.images import check_images, signed
from sparring.spec import Count

PATCH = 7
"""The side of a patch."""

LEAST_SIDE = 12
"""The least side of a level: halving a side of 12 to 23 again would not bring it nearer to 16."""

_BATCH = 64
_AT_ONCE = 16


@dataclass(frozen=True)
class PyramidDistances:
    """The distance at each level, finest first; `sides` are the levels' shorter sides in pixels."""

    sides: tuple[int, ...]
    distances: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean over levels."""
        return sum(self.distances) / len(self.distances)


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Returns the bands of floating `images` [N, C, H, W], finest first, and the low-pass residual.

    Each band is an image less the expansion of its reduction (Burt & Adelson 1983), with the binomial filter
    (1, 4, 6, 4, 1)/16 along both axes, mirrored at borders; reductions halve the size, rounded up. The last level is
    the one whose shorter side is nearest to 16: 16 itself for powers of two, 14 for 28.

    Expanding the last to the size of the one before and adding, repeatedly, reconstructs the images.
    """
    bands = []
    for _ in _sides(min(images.shape[2:]))[1:]:
        smaller = _blurred(images)[:, :, ::2, ::2]
        bands.append(images - _expanded(smaller, images))
        images = smaller
    return [*bands, images]


def pyramid_distances(
    real: Tensor, fake: Tensor, images: int = 16384, patches: int = 128, projections: int = 512, seed: int = 0
) -> PyramidDistances:
    """Returns the sliced Wasserstein distance, times 1000, between patches of two sets at every pyramid level.

    `patches` random 7x7 patches are sampled from each level of the Laplacian pyramid of `images` random images per set
    (at most the size of the smaller set), and normalized by their set's mean and standard deviation per channel. The
    distance is the mean of |x - y| over sorted projections on random unit directions: W₁, averaged over directions
    (Karras et al. 2018, sec. 5). Normalization removes contrast: a set that is only paler has distance 0.

    Two sets from one source do not reach 0; the distance falls with the number of patches.

    Args:
        real: [N, C, H, W], uint8 or in [-1, 1].
        fake: [M, C, H, W] alike.
        images: number per set; 16,384 as published.
        patches: per image and level.
        projections: random directions.
        seed: for images, patches and directions.

    Raises:
        MetricError: a set is empty, images differ in shape, or have a side below 7 pixels.
    """
    check_images("SWD", 1, real=real, fake=fake)
    height, width = real.shape[2:]
    if min(height, width) < PATCH:
        raise MetricError(f"SWD: images of {height}x{width} are too small; needs at least {PATCH}x{PATCH}")
    random = torch.Generator().manual_seed(seed)
    count = min(images, len(real), len(fake))
    real, fake = (each[torch.randperm(len(each), generator=random)[:count]].cpu() for each in (real, fake))
    sides = _sides(min(height, width))
    distances = []
    for level in range(len(sides)):
        one, other = (_normalized(_patches(each, level, patches, random)) for each in (real, fake))
        distances.append(1000 * _sliced(one, other, projections, random))
    return PyramidDistances(sides, tuple(distances))


class SWD(Metric):
    """The sliced Wasserstein distance over a Laplacian pyramid, times 1000: `pyramid_distances`.

    `SWD` is the mean over levels; the finest level measures sharpness and texture, the coarsest layout.
    It needs no network. Published: 16,384 images, levels down to 16x16 (Karras et al. 2018).
    """

    needs = frozenset[Need]({"images"})
    directions = {"SWD": "lower", "SWD-finest": "lower", "SWD-coarsest": "lower"}
    scope = "none"

    images: Annotated[Count, Field(gt=0)] = 4096
    patches: PositiveInt = 128
    projections: PositiveInt = 512

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the mean over levels, with all of them in `how`, the finest and the coarsest."""
        real, fake = inputs.real.images, inputs.fake.images
        result = pyramid_distances(real, fake, self.images, self.patches, self.projections, inputs.seed)
        levels = ", ".join(
            f"{side}: {distance:.2f}" for side, distance in zip(result.sides, result.distances, strict=True)
        )
        count = min(self.images, len(real), len(fake))
        return (
            Value("SWD", result.mean, how=f"mean of levels {levels}; {count} images, {self.patches} patches of each"),
            Value("SWD-finest", result.distances[0], how=f"level {result.sides[0]}"),
            Value("SWD-coarsest", result.distances[-1], how=f"level {result.sides[-1]}"),
        )


def _sides(side: int) -> tuple[int, ...]:
    """Returns the sides of the pyramid's levels, from `side` on; see `laplacian_pyramid`."""
    sides = [side]
    while -(-sides[-1] // 2) >= LEAST_SIDE:
        sides.append(-(-sides[-1] // 2))
    return tuple(sides)


def _blurred(images: Tensor) -> Tensor:
    """Returns `images` under the binomial filter, with reflect padding."""
    kernel = images.new_tensor((1, 4, 6, 4, 1)) / 16
    padded = functional.pad(images, (2, 2, 2, 2), mode="reflect").flatten(0, 1)[:, None]
    blurred = functional.conv2d(functional.conv2d(padded, kernel.view(1, 1, 5, 1)), kernel.view(1, 1, 1, 5))
    return blurred.view(images.shape)


def _expanded(images: Tensor, like: Tensor) -> Tensor:
    """Returns `images` at the size of `like`: zeros between pixels, then the filter, times four to keep the mean."""
    spread = torch.zeros_like(like)
    spread[:, :, ::2, ::2] = images
    return 4 * _blurred(spread)


def _patches(images: Tensor, level: int, count: int, random: torch.Generator) -> Tensor:
    """Returns `count` random patches of that level of each image: [N · count, C, 49], float32."""
    steps = torch.arange(PATCH)
    parts = []
    for batch in torch.split(images, _BATCH):
        band = laplacian_pyramid(signed(batch).float())[level]
        height, width = band.shape[2:]
        top = torch.randint(height - PATCH + 1, (len(band), count, 1, 1), generator=random) + steps[:, None]
        left = torch.randint(width - PATCH + 1, (len(band), count, 1, 1), generator=random) + steps
        patches = band.permute(0, 2, 3, 1)[torch.arange(len(band)).view(-1, 1, 1, 1), top, left]
        parts.append(patches.flatten(0, 1).flatten(1, 2).transpose(1, 2))
    return torch.cat(parts)


def _normalized(patches: Tensor) -> Tensor:
    """Returns `patches` [D, C, 49] with mean 0 and deviation 1 in each channel, as rows; a constant channel is zero."""
    deviation, mean = torch.std_mean(patches, (0, 2), correction=0, keepdim=True)
    return ((patches - mean) / deviation.clamp(min=torch.finfo(patches.dtype).tiny)).flatten(1)


def _sliced(one: Tensor, other: Tensor, projections: int, random: torch.Generator) -> float:
    """Returns the mean over directions of W₁ between the projections of rows `one` [D, n] and `other` [D, n]."""
    directions = functional.normalize(torch.randn(projections, one.shape[1], generator=random), dim=1)
    total = 0.0
    for part in torch.split(directions, _AT_ONCE):
        # NumPy sorts with vector instructions, more than ten times as fast as torch on a CPU.
        lowest_first = (torch.from_numpy(np.sort((part @ rows.T).numpy(), axis=1)) for rows in (one, other))
        total += float(torch.sub(*lowest_first).abs().mean(1, dtype=torch.float64).sum())
    return total / projections
