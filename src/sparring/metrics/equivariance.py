"""How exactly a generator's images move when it is asked to move them: EQ-T and EQ-R, in decibel."""

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

Movable = Callable[[Tensor, int], Tensor]
"""`generate(transform, seed)`: the images [N, C, H, W] in [-1, 1] of the latents that `seed` draws, moved.

`transform` [3, 3], float64, takes points (x, y, 1), in pixels from the image's centre, x to the right and y down, to
where their content shall be. At the borders the images show what moves in.
"""

DYNAMIC_RANGE = 2.0
"""I_max, the width of [-1, 1]."""

LARGEST_SHIFT = 1 / 8
"""Translations are uniform up to this part of the width and of the height, either way."""

LOBES = 3
"""Of the Lanczos window: 6x6 pixels make one between them."""

REACH = 8
"""The radius of the low-pass filter for rotations, in pixels."""

TOGETHER = 8
"""Images that a metric moves at once, by one and the same transform."""

NEGLIGIBLE = 1e-6
"""A pixel is valid if those beyond the border have less weight in it."""


def translation_equivariance(generate: Movable, repeats: int = 16, seed: int = 0) -> float:
    """Returns EQ-T in dB: equivariance to translations by whole pixels (Karras et al. 2021, sec. 3 and app. E).

    10 log₁₀(I_max² / E (g(x z₀; w) - x g(z₀; w))²) over latents w, translations x, channels, and those pixels whose
    content was in the image before. Higher is better; infinite where nothing differs. Each of the `repeats` draws
    latents and a translation.
    """
    return _decibel(generate, _whole_shift, repeats, seed)


def subpixel_equivariance(generate: Movable, repeats: int = 16, seed: int = 0) -> float:
    """Returns EQ-T_frac in dB: as `translation_equivariance`, by any fraction of a pixel.

    The image is moved by Lanczos interpolation, a sinc windowed to three lobes; pixels near enough to the border to
    need others from beyond it do not count.
    """
    return _decibel(generate, _shift, repeats, seed)


def rotation_equivariance(generate: Movable, repeats: int = 16, seed: int = 0) -> float:
    """Returns EQ-R in dB: equivariance to rotations about the centre, by any angle (Karras et al. 2021, app. E).

    The frequencies of an image fill a square, and a rotated image cannot hold those of its own corners that turn out
    of the square. So both images lose what is not in both squares: the one before it is rotated, the other by the
    same filter in its own frame (the paper's pseudo-rotation). Pixels that need others from beyond the border do not
    count: images need a side of about 40 pixels. Lanczos interpolation limits what can be seen: a perfectly
    equivariant texture with frequencies up to .2 cycles per pixel has about 57 dB, up to .4 about 40 dB.

    Raises:
        MetricError: no pixel counts.
    """
    return _decibel(generate, _rotation, repeats, seed)


class Equivariance(Metric):
    """How exactly images move, in decibel: one of the functions here, of `count` images, `TOGETHER` by each transform.

    It is defined for generators whose input can be moved. Learned constants cannot: Karras et al. 2021 give no number
    for StyleGAN2 either, and the metric refuses those.
    """

    needs = frozenset[Need]({"generator"})
    scope = "none"

    count: Annotated[Count, Field(gt=0)] = 1000

    @property
    def reference_needs(self) -> frozenset[Need]:
        """Nothing: the images are compared with one another."""
        return frozenset()

    @abstractmethod
    def decibel(self, generate: Movable, repeats: int, seed: int) -> float:
        """Returns the value of a generator, over `repeats` transforms."""

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the decibels."""
        (name,), generator = self.directions, inputs.generator
        if generator is None:
            raise MetricError(f"{name}: needs a generator; samples in a folder cannot be moved")
        repeats = math.ceil(self.count / TOGETHER)
        value = self.decibel(lambda transform, seed: generator.moved(transform, seed, TOGETHER), repeats, inputs.seed)
        if math.isinf(value):
            raise MetricError(f"{name}: the images are the same wherever they are moved; the generator draws nothing")
        return (Value(name, value, how=f"dB over {repeats * TOGETHER} images, {repeats} transforms"),)


class EQT(Equivariance):
    """`translation_equivariance`, by whole pixels."""

    directions = {"EQ-T": "higher"}

    def decibel(self, generate: Movable, repeats: int, seed: int) -> float:
        return translation_equivariance(generate, repeats, seed)


class EQTFrac(Equivariance):
    """`subpixel_equivariance`, by any fraction of a pixel."""

    directions = {"EQ-T-frac": "higher"}

    def decibel(self, generate: Movable, repeats: int, seed: int) -> float:
        return subpixel_equivariance(generate, repeats, seed)


class EQR(Equivariance):
    """`rotation_equivariance`, by any angle."""

    directions = {"EQ-R": "higher"}

    def decibel(self, generate: Movable, repeats: int, seed: int) -> float:
        return rotation_equivariance(generate, repeats, seed)


@dataclass(frozen=True)
class _Move:
    """A transform, and the filters of an image `before` it and of one in the frame `after` it, [K, K] with K odd."""

    transform: Tensor
    before: Tensor
    after: Tensor


def _shift(size: torch.Size, random: torch.Generator) -> _Move:
    return _translation(_random_shift(size, random))


def _whole_shift(size: torch.Size, random: torch.Generator) -> _Move:
    return _translation(_random_shift(size, random).round())


def _random_shift(size: torch.Size, random: torch.Generator) -> Tensor:
    height, width = size
    most = torch.tensor([width, height], dtype=torch.float64) * LARGEST_SHIFT
    return most * (2 * torch.rand(2, generator=random, dtype=torch.float64) - 1)


def _translation(shift: Tensor) -> _Move:
    transform = torch.eye(3, dtype=torch.float64)
    transform[:2, 2] = shift
    nothing = torch.ones(1, 1, dtype=torch.float64)
    return _Move(transform, nothing, nothing)


def _rotation(size: torch.Size, random: torch.Generator) -> _Move:
    angle = 2 * math.pi * float(torch.rand((), generator=random, dtype=torch.float64))
    transform = torch.eye(3, dtype=torch.float64)
    transform[:2, :2] = _turn(angle)
    return _Move(transform, _low_pass(-angle), _low_pass(angle))


def _turn(angle: float) -> Tensor:
    cosine, sine = math.cos(angle), math.sin(angle)
    return torch.tensor([[cosine, -sine], [sine, cosine]], dtype=torch.float64)


def _low_pass(angle: float) -> Tensor:
    """Returns the filter [K, K] of what lies in the square of frequencies and in that square turned by `angle`.

    The ideal filter, by an inverse FFT much longer than itself, under a round Lanczos window.
    """
    frequencies = torch.fft.fftfreq(256, dtype=torch.float64)
    vertical, horizontal = torch.meshgrid(frequencies, frequencies, indexing="ij")
    turned = torch.stack((horizontal, vertical), -1) @ _turn(angle)
    ideal = torch.fft.ifft2((turned.abs().amax(-1) <= 0.5 + 1e-9).double()).real
    places = torch.arange(-REACH, REACH + 1)
    radius = torch.hypot(places[:, None].double(), places.double()) / (REACH + 1)
    kernel: Tensor = ideal[places[:, None], places] * torch.sinc(radius) * (radius < 1)
    return kernel / kernel.sum()


def _decibel(generate: Movable, draw: Callable[[torch.Size, torch.Generator], _Move], repeats: int, seed: int) -> float:
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
    """Returns `images` [N, C, H, W] under `kernel`, and which pixels [H, W] needed no others from beyond the border."""
    reach = len(kernel) // 2
    filtered = functional.conv2d(images.flatten(0, 1)[:, None], kernel[None, None], padding=reach)
    inside = torch.zeros(images.shape[2:], dtype=torch.bool)
    inside[reach : len(inside) - reach, reach : inside.shape[1] - reach] = True
    return filtered.view(images.shape), inside


def _resampled(images: Tensor, inside: Tensor, transform: Tensor) -> tuple[Tensor, Tensor]:
    """Returns `images` [N, C, H, W] moved by `transform`, and which pixels [H, W] come from `inside` [H, W] alone."""
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
    """Returns the indices [2 · LOBES, H, W] of the pixels that make the one at `places` [H, W], and their weights."""
    indices = places.floor().long() + torch.arange(1 - LOBES, LOBES + 1).view(-1, 1, 1)
    distances = places - indices
    weights = torch.sinc(distances) * torch.sinc(distances / LOBES)
    return indices, weights / weights.sum(0)
