"""Equivariance of a generator to translations and rotations of its input: EQ-T and EQ-R, in decibel."""

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, Value
from sparring.spec import Count

TransformedImages = Callable[[Tensor, int], Tensor]
"""`generate(transform, seed)`: images [N, C, H, W] in [-1, 1] of the latents of `seed`, transformed.

`transform` [3, 3], float64, maps points (x, y, 1), in pixels from the image's centre, x to the right and y down, to
the new positions of their content. At the borders new content moves in.
"""

DYNAMIC_RANGE = 2.0
"""I_max, the width of [-1, 1]."""

LARGEST_SHIFT = 1 / 8
"""Translations are uniform up to this fraction of width and height, in both directions."""

LOBES = 3
"""Lobes of the Lanczos window: 6x6 pixels are interpolated."""

FILTER_RADIUS = 8
"""The radius of the low-pass filter for rotations, in pixels."""

TOGETHER = 8
"""Images that share a transform."""

NEGLIGIBLE = 1e-6
"""A pixel is valid if pixels beyond the border have less weight in it."""


def translation_equivariance(generate: TransformedImages, repeats: int = 16, seed: int = 0) -> float:
    """Returns EQ-T in dB: equivariance to translations by whole pixels (Karras et al. 2021, sec. 3 and app. E).

    10 log₁₀(I_max² / E (g(x z₀; w) - x g(z₀; w))²) over latents w, translations x, channels, and those pixels whose
    content was inside the image before. Higher is better; infinite if nothing differs. Each of the `repeats` draws
    latents and a translation.
    """
    return _decibel(generate, _whole_shift, repeats, seed)


def subpixel_equivariance(generate: TransformedImages, repeats: int = 16, seed: int = 0) -> float:
    """Returns EQ-T_frac in dB: as `translation_equivariance`, by fractions of pixels.

    The image is translated by Lanczos interpolation, a sinc windowed to three lobes; pixels that depend on others
    beyond the border do not count.
    """
    return _decibel(generate, _shift, repeats, seed)


def rotation_equivariance(generate: TransformedImages, repeats: int = 16, seed: int = 0) -> float:
    """Returns EQ-R in dB: equivariance to rotations about the centre, by any angle (Karras et al. 2021, app. E).

    The frequencies of an image fill a square, whose corners leave the square when the image is rotated. Both images are
    therefore low-pass filtered to the intersection of both squares: one before its rotation, the other by the same
    filter in its own frame (the paper's pseudo-rotation). Pixels that depend on others beyond the border do not count:
    images need a side of about 40 pixels. Lanczos interpolation limits the result: a perfectly equivariant texture
    with frequencies up to .2 cycles per pixel has about 57 dB, up to .4 about 40 dB.

    Raises:
        MetricError: no pixel counts.
    """
    return _decibel(generate, _rotation, repeats, seed)


class Equivariance(Metric):
    """Equivariance in decibel: one of the functions here for `count` images, `TOGETHER` per transform.

    It is defined for generators whose input can be transformed. Learned constants cannot: Karras et al. 2021 report no
    number for StyleGAN2 either, and the metric refuses those.
    """

    needs = frozenset[Need]({"generator"})
    scope = "none"

    count: Annotated[Count, Field(gt=0)] = 1000

    @property
    def reference_needs(self) -> frozenset[Need]:
        """Nothing: generated images are compared with each other."""
        return frozenset()

    @abstractmethod
    def decibel(self, generate: TransformedImages, repeats: int, seed: int) -> float:
        """Returns the value of a generator, over `repeats` transforms."""

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the decibels."""
        (name,), generator = self.directions, inputs.generator
        if generator is None:
            raise MetricError(f"{name}: needs a generator; samples in a folder cannot be moved")
        repeats = math.ceil(self.count / TOGETHER)

        def generate(transform: Tensor, seed: int) -> Tensor:
            return generator.generate_transformed(transform, seed, TOGETHER)

        value = self.decibel(generate, repeats, inputs.seed)
        if math.isinf(value):
            raise MetricError(f"{name}: the images do not change under the transform; the generator ignores it")
        return (Value(name, value, how=f"dB over {repeats * TOGETHER} images, {repeats} transforms"),)


class EQT(Equivariance):
    """`translation_equivariance`, by whole pixels."""

    directions = {"EQ-T": "higher"}

    def decibel(self, generate: TransformedImages, repeats: int, seed: int) -> float:
        return translation_equivariance(generate, repeats, seed)


class EQTFrac(Equivariance):
    """`subpixel_equivariance`, by any fraction of a pixel."""

    directions = {"EQ-T-frac": "higher"}

    def decibel(self, generate: TransformedImages, repeats: int, seed: int) -> float:
        return subpixel_equivariance(generate, repeats, seed)


class EQR(Equivariance):
    """`rotation_equivariance`, by any angle."""

    directions = {"EQ-R": "higher"}

    def decibel(self, generate: TransformedImages, repeats: int, seed: int) -> float:
        return rotation_equivariance(generate, repeats, seed)


@dataclass(frozen=True)
class _Transform:
    """A transform, and filters [K, K] of an image `before` it and in the frame `after` it, K odd."""

    transform: Tensor
    before: Tensor
    after: Tensor


def _shift(size: torch.Size, random: torch.Generator) -> _Transform:
    return _translation(_random_shift(size, random))


def _whole_shift(size: torch.Size, random: torch.Generator) -> _Transform:
    return _translation(_random_shift(size, random).round())


def _random_shift(size: torch.Size, random: torch.Generator) -> Tensor:
    height, width = size
    most = torch.tensor([width, height], dtype=torch.float64) * LARGEST_SHIFT
    return most * (2 * torch.rand(2, generator=random, dtype=torch.float64) - 1)


def _translation(shift: Tensor) -> _Transform:
    transform = torch.eye(3, dtype=torch.float64)
    transform[:2, 2] = shift
    identity = torch.ones(1, 1, dtype=torch.float64)
    return _Transform(transform, identity, identity)


def _rotation(size: torch.Size, random: torch.Generator) -> _Transform:
    angle = 2 * math.pi * float(torch.rand((), generator=random, dtype=torch.float64))
    transform = torch.eye(3, dtype=torch.float64)
    transform[:2, :2] = _rotation_matrix(angle)
    return _Transform(transform, _low_pass(-angle), _low_pass(angle))


def _rotation_matrix(angle: float) -> Tensor:
    cosine, sine = math.cos(angle), math.sin(angle)
    return torch.tensor([[cosine, -sine], [sine, cosine]], dtype=torch.float64)


def _low_pass(angle: float) -> Tensor:
    """Returns a filter [K, K] whose passband is the square of frequencies and that square rotated by `angle`.

    It is the ideal filter, from a much longer inverse FFT, under a circular Lanczos window.
    """
    frequencies = torch.fft.fftfreq(256, dtype=torch.float64)
    vertical, horizontal = torch.meshgrid(frequencies, frequencies, indexing="ij")
    turned = torch.stack((horizontal, vertical), -1) @ _rotation_matrix(angle)
    ideal = torch.fft.ifft2((turned.abs().amax(-1) <= 0.5 + 1e-9).double()).real
    places = torch.arange(-FILTER_RADIUS, FILTER_RADIUS + 1)
    radius = torch.hypot(places[:, None].double(), places.double()) / (FILTER_RADIUS + 1)
    kernel: Tensor = ideal[places[:, None], places] * torch.sinc(radius) * (radius < 1)
    return kernel / kernel.sum()


def _decibel(
    generate: TransformedImages, draw: Callable[[torch.Size, torch.Generator], _Transform], repeats: int, seed: int
) -> float:
    random = torch.Generator().manual_seed(seed)
    squares, count = 0.0, 0
    with torch.no_grad():
        for repeat in range(repeats):
            images = generate(torch.eye(3, dtype=torch.float64), seed + repeat).cpu().double()
            move = draw(images.shape[2:], random)
            moved = generate(move.transform, seed + repeat).cpu().double()
            reference, valid = _resampled(*_filtered(images, move.before), move.transform)
            moved, inside = _filtered(moved, move.after)
            difference = (moved - reference)[:, :, valid & inside]
            squares, count = squares + float(difference.square().sum()), count + difference.numel()
    if not count:
        raise MetricError(
            f"equivariance: no pixel of images {tuple(images.shape)} is far enough from the border; needs larger images"
        )
    return 10 * math.log10(DYNAMIC_RANGE**2 * count / squares) if squares else math.inf


def _filtered(images: Tensor, kernel: Tensor) -> tuple[Tensor, Tensor]:
    """Returns `images` [N, C, H, W] under `kernel`, and which pixels [H, W] are independent of the border."""
    radius = len(kernel) // 2
    filtered = functional.conv2d(images.flatten(0, 1)[:, None], kernel[None, None], padding=radius)
    inside = torch.zeros(images.shape[2:], dtype=torch.bool)
    inside[radius : len(inside) - radius, radius : inside.shape[1] - radius] = True
    return filtered.view(images.shape), inside


def _resampled(images: Tensor, inside: Tensor, transform: Tensor) -> tuple[Tensor, Tensor]:
    """Returns `images` [N, C, H, W] under `transform`, and which pixels [H, W] depend on `inside` [H, W] only."""
    height, width = inside.shape
    x, y = (torch.arange(size, dtype=torch.float64) - (size - 1) / 2 for size in (width, height))
    targets = torch.stack((*torch.meshgrid(x, y, indexing="xy"), torch.ones(height, width, dtype=torch.float64)), -1)
    sources = targets @ torch.linalg.inv(transform).T
    columns, column_weights = _taps(sources[..., 0] + (width - 1) / 2)
    rows, row_weights = _taps(sources[..., 1] + (height - 1) / 2)
    moved, valid = torch.zeros_like(images), torch.ones_like(inside)
    for row, row_weight in zip(rows, row_weights, strict=True):
        for column, column_weight in zip(columns, column_weights, strict=True):
            weight = row_weight * column_weight
            exists = (row >= 0) & (row < height) & (column >= 0) & (column < width)
            place = row.clamp(0, height - 1), column.clamp(0, width - 1)
            moved += weight * images[:, :, *place]
            valid &= (exists & inside[place]) | (weight.abs() < NEGLIGIBLE)
    return moved, valid


def _taps(places: Tensor) -> tuple[Tensor, Tensor]:
    """Returns the indices [2 · LOBES, H, W] of the pixels interpolated at `places` [H, W], and their weights."""
    indices = places.floor().long() + torch.arange(1 - LOBES, LOBES + 1).view(-1, 1, 1)
    distances = places - indices
    weights = torch.sinc(distances) * torch.sinc(distances / LOBES)
    return indices, weights / weights.sum(0)
