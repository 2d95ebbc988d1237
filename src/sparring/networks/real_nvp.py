"""Real NVP: affine couplings of images at several scales, with checkerboard and channel masks (Dinh et al. 2017)."""

from collections.abc import Iterator
from math import prod
from typing import Literal

from pydantic import NonNegativeInt, PositiveInt
from torch import Tensor, nn
from torch.nn.functional import relu

from sparring.errors import ShapeError
from sparring.layers.bijections import Bijection, Chain, DepthToSpace, Reshape, Scale, Squash
from sparring.layers.conditioning import concatenation
from sparring.layers.couplings import AffineCoupling, channel_mask, checkerboard_mask
from sparring.network import Condition, Shape
from sparring.networks.invertible import Invertible, Margin

SMALLEST = 4
"""No side is halved below this unless a recipe says so."""

COUPLINGS, LAST_COUPLINGS = 3, 4
"""The number of consecutive couplings with masks of one kind, and of those with checkerboards at the coarsest scale."""


class RealNVP(Invertible):
    """Latents to images [N, C, H, W] of any channel count (Dinh et al. 2017, sec. 3).

    From the image's side, a scale has three couplings with alternating checkerboard masks, squeezes 2x2 pixels into
    channels, has three couplings with alternating halves of the channels, and factors out one half as latents;
    the other half is the image of the next scale. The last scale has four couplings with checkerboards.

    s and t come from residual 3x3 convolutions with ReLU. Unlike the paper's they have no batch normalization,
    with which the determinant of a sample depends on the others of its batch in training, and on running statistics
    in evaluation.
    """

    class Spec(Invertible.Spec):
        """Sides are halved `scales` - 1 times, or for "most" while both are even and stay at least 4.

        `width` and `blocks` count the channels and the residual blocks of each coupling.
        """

        scales: PositiveInt | Literal["most"] = "most"
        width: PositiveInt = 32
        blocks: NonNegativeInt = 2
        margin: Margin = 0.05

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__(inputs, outputs)
        if len(outputs) != 3 or prod(outputs[1:]) < 2:
            raise ShapeError(
                f"RealNVP maps latents to images (C, H, W) of at least two pixels; asked for {inputs} to {outputs}; "
                "NICE maps to vectors and to single pixels"
            )
        most = _count_scales(outputs, SMALLEST if spec.scales == "most" else 1)
        scales = most if spec.scales == "most" else spec.scales
        if scales > most:
            raise ShapeError(
                f"RealNVP with scales={scales} halves height and width {scales - 1} times, with more than one pixel "
                f"left; asked for {inputs} to {outputs}; scales={most} fits"
            )
        self.bijection = Chain(_scale(outputs, scales, spec, condition), Squash(spec.margin))


class ResidualConvolutions(nn.Module):
    """Images of `shape`, and a condition if there is one, to twice as many channels; initially near zero."""

    def __init__(self, shape: Shape, width: int, blocks: int, condition: Condition) -> None:
        super().__init__()
        self.conditioner = concatenation(condition, shape)
        self.enter = _convolution(shape[0] + self.conditioner.added, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.ReLU(), _convolution(width, width), nn.ReLU(), _convolution(width, width))
            for _ in range(blocks)
        )
        self.leave = _convolution(width, 2 * shape[0])
        nn.init.normal_(self.leave.weight, std=0.01)
        nn.init.zeros_(self.leave.bias)  # type: ignore[arg-type]

    def forward(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        """Returns [N, 2C, H, W] for `inputs` [N, C, H, W]."""
        grid = self.enter(self.conditioner(inputs, condition))
        for block in self.blocks:
            grid = grid + block(grid)
        outputs: Tensor = self.leave(relu(grid))
        return outputs


def _scale(shape: Shape, scales: int, spec: RealNVP.Spec, condition: Condition) -> Bijection:
    """Returns the bijection from latents [N, C·H·W] to images of `shape`, recursively over `scales`."""

    def couplings(shape: Shape, masks: Iterator[Tensor]) -> Iterator[AffineCoupling]:
        for mask in masks:
            network = ResidualConvolutions(shape, spec.width, spec.blocks, condition)
            yield AffineCoupling(shape[0], mask, network)

    channels, height, width = shape
    if scales == 1:
        boards = (checkerboard_mask(height, width, index % 2) for index in range(LAST_COUPLINGS))
        return Chain(Reshape(shape), *couplings(shape, boards))
    boards = (checkerboard_mask(height, width, index % 2) for index in range(COUPLINGS))
    halves = (channel_mask(4 * channels, index % 2) for index in range(COUPLINGS))
    squeezed, half = ((count * channels, height // 2, width // 2) for count in (4, 2))
    finer = Chain(*couplings(squeezed, halves), DepthToSpace(), *couplings(shape, boards))
    return Scale(half, finer, _scale(half, scales - 1, spec, condition))


def _count_scales(shape: Shape, smallest: int) -> int:
    """Returns the number of scales if both sides are halved while they are even and stay at least `smallest`."""
    height, width, scales = *shape[1:], 1
    while height % 2 == width % 2 == 0 and min(height, width) >= 2 * smallest and height * width > 4:
        height, width, scales = height // 2, width // 2, scales + 1
    return scales


def _convolution(channels: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(channels, outputs, 3, padding=1)
