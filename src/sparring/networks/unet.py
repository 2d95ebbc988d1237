"""U-Net: images to images through an encoder, a decoder, and a skip connection at every size (Isola et al. 2017)."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt
from torch import Tensor, cat, nn
from torch.nn.functional import leaky_relu, relu

from sparring.errors import ShapeError
from sparring.layers.conditioning import concatenation
from sparring.layers.dropout import PersistentDropout
from sparring.layers.grids import Halving, plan_halvings
from sparring.layers.normalization import BatchNorm, Normalization
from sparring.network import Condition, Network, Shape
from sparring.networks.dcgan import initialize
from sparring.tensors.padding import reflect_pad

WIDEST = 8
"""No grid has more than this many times `width` channels before a skip connection joins it."""

NOISY = 3
"""The number of innermost decoder blocks with dropout."""


class UNet(Network):
    """The generator of pix2pix (Isola et al. 2017, appendix 6.1.1), for images of any height and width.

    C64-C128-C256-C512-… down to one pixel by 4x4 convolutions of stride 2 with LeakyReLU 0.2, and back with ReLU;
    each block of the decoder also gets the encoder's grid of its size. An odd side is halved by a kernel of 3
    (`Halving`), without padding. The outermost blocks have no normalization, nor has the innermost grid, which
    would be zero for a single image (the paper's errata). Dropout in the first three blocks of the decoder is the
    network's only noise, in evaluation too: see `PersistentDropout`.

    It is fully convolutional and takes images of any size, whatever size it was built for, as the paper's does for
    maps of 512x512. Sides that differ from the built size by multiples of 2^depth (256 for 8 halvings, as published)
    need no padding; others are reflect-padded at their end to the next such side, and the result is cropped. A
    class-conditional network takes only the size it was built for.

    The paper normalizes by the statistics of the test batch, of one image: use `InstanceNorm` for that. `BatchNorm`
    uses its running statistics in evaluation.
    """

    side_multiple = 4

    class Spec(Network.Spec):
        """`width` counts the channels of the first grid; `depth` the number of halvings, 8 for 256x256."""

        width: PositiveInt = 64
        depth: PositiveInt | Literal["deepest"] = "deepest"
        normalization: Normalization = BatchNorm()
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        halvings = _plan(spec.depth, inputs, outputs)
        depth, bias = len(halvings), not spec.normalization.cancels_bias
        self.conditioner = concatenation(condition, inputs)
        self.size = inputs[1:]
        self._steps = tuple(2 ** sum(step.stride[axis] == 2 for step in halvings) for axis in (0, 1))
        widths = [spec.width * min(2**level, WIDEST) for level in range(depth)]
        down = [inputs[0] + self.conditioner.added, *widths]
        up = [outputs[0], *widths]
        plain = (0, depth - 1)
        self.shrink = nn.ModuleList(
            nn.Conv2d(down[level], widths[level], step.kernel, step.stride, padding=1, bias=bias or level in plain)
            for level, step in enumerate(halvings)
        )
        self.normalize_shrunk = nn.ModuleList(
            nn.Identity() if level in plain else spec.normalization.layer(width) for level, width in enumerate(widths)
        )
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(
                widths[level] * (1 if level == depth - 1 else 2),
                up[level],
                step.kernel,
                step.stride,
                padding=1,
                bias=bias or level == 0,
            )
            for level, step in reversed(list(enumerate(halvings)))
        )
        self.normalize_grown = nn.ModuleList(
            spec.normalization.layer(up[level]) if level else nn.Identity() for level in reversed(range(depth))
        )
        self.drop = nn.ModuleList(
            PersistentDropout(spec.dropout) if level and depth - level <= NOISY else nn.Identity()
            for level in reversed(range(depth))
        )
        initialize(self)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns images [N, C', H, W] in (-1, 1) for images [N, C, H, W]."""
        height, width = inputs.shape[2:]
        grid: Tensor = self.conditioner(self._fit(inputs), condition)
        skips: list[Tensor] = []
        for shrink, normalize in zip(self.shrink, self.normalize_shrunk, strict=True):
            grid = normalize(shrink(leaky_relu(grid, 0.2) if skips else grid))
            skips.append(grid)
        skips.pop()
        for grow, normalize, drop in zip(self.grow, self.normalize_grown, self.drop, strict=True):
            grid = drop(normalize(grow(relu(grid))))
            grid = cat((grid, skips.pop()), 1) if skips else grid
        return grid[..., :height, :width].tanh()

    def _fit(self, inputs: Tensor) -> Tensor:
        """Returns `inputs` reflect-padded to sides that halve like the ones that the network was built for."""
        size = tuple(inputs.shape[2:])
        if size == self.size:
            return inputs
        if self.conditioner.added:
            raise ShapeError(
                f"a class-conditional UNet takes images of the size it was built for, {self.size}; got {size}; "
                "resize them"
            )
        height, width = (
            side + (built - side) % step for side, built, step in zip(size, self.size, self._steps, strict=True)
        )
        return reflect_pad(inputs, height, width)


def _plan(depth: int | Literal["deepest"], inputs: Shape, outputs: Shape) -> list[Halving]:
    """Returns the halvings, at least one, largest first; raises `ShapeError` if there are fewer than `depth`."""
    if len(inputs) != 3 or len(outputs) != 3 or inputs[1:] != outputs[1:]:
        raise ShapeError(
            f"UNet maps images (C, H, W) to images of the same height and width; asked for {inputs} to {outputs}"
        )
    size = inputs[1], inputs[2]
    halvings = plan_halvings(size, smallest=1) or [Halving(size, size)]
    if depth == "deepest":
        return halvings
    if depth > len(halvings):
        raise ShapeError(
            f"UNet of depth {depth} needs images with a side of at least {2 ** (depth - 1) + 1} pixels; asked for "
            f"{inputs} to {outputs}; choose a depth of {len(halvings)} or less, or larger images"
        )
    return halvings[:depth]
