"""PatchGAN: a discriminator that scores each patch of an image by itself (Isola et al. 2017)."""

from typing import Literal

from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from sparring.errors import ShapeError
from sparring.layers.conditioning import concatenation
from sparring.layers.normalization import BatchNorm, Normalization, Reparametrization, reparametrize
from sparring.network import Condition, Network, Shape
from sparring.networks.dcgan import initialize

Field = Literal[1, 16, 70, 286]
"""Height and width of the patches, in pixels."""

STRIDES: dict[Field, tuple[int, ...]] = {1: (1, 1), 16: (2, 1), 70: (2, 2, 2, 1), 286: (2, 2, 2, 2, 2, 1)}
"""The strides of the hidden layers that see a patch of each size (Isola et al. 2017, appendix 6.1.2)."""

WIDEST = 8
"""No layer has more than this many times `width` channels."""


class PatchGAN(Network):
    """The Markovian discriminator of pix2pix (Isola et al. 2017, sec. 3.2.2 and appendix 6.1.2).

    C64-C128-C256-C512 by 4x4 convolutions with LeakyReLU 0.2, then one more to the scores; for a `field` of 1, the
    paper's PixelGAN, convolutions are 1x1. The first layer has no normalization.

    What it says of an image is a map: asked for (n,), it returns [N, n, h, w], n numbers at each of h·w places, 30x30
    for 256x256. The maps of a batch are losses' scores like any other, since losses take each score by itself
    and then a mean, and scores of the same place are what relativistic ones pair. The discriminator that they
    train is therefore the mean over places, and `slope` is the gradient of that: the weight of a gradient penalty
    means the same for images of all sizes, and a Lipschitz bound is one on what the loss is made of.
    """

    class Spec(Network.Spec):
        """`width` counts the channels of the first layer."""

        width: PositiveInt = 64
        field: Field = 70
        normalization: Normalization = BatchNorm()
        reparametrization: Reparametrization | None = None

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        _check(spec.field, inputs, outputs)
        strides = STRIDES[spec.field]
        kernel, padding = (1, 0) if spec.field == 1 else (4, 1)
        bias = not spec.normalization.cancels_bias
        self.told = concatenation(condition, inputs)
        widths = [inputs[0] + self.told.added, *(spec.width * min(2**level, WIDEST) for level in range(len(strides)))]
        self.look = nn.ModuleList(
            nn.Conv2d(widths[level], widths[level + 1], kernel, stride, padding, bias=bias or level == 0)
            for level, stride in enumerate(strides)
        )
        self.normalize = nn.ModuleList(
            spec.normalization.layer(width) if level else nn.Identity() for level, width in enumerate(widths[1:])
        )
        self.judge = nn.Conv2d(widths[-1], outputs[0], kernel, 1, padding)
        initialize(self)
        reparametrize(self, spec.reparametrization)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n, h, w], n for each patch, for images [N, C, H, W]."""
        scores: Tensor = self.judge(self._see(inputs, condition))
        return scores

    def input_gradient(self, inputs: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns scores [N, n, h, w] of images and the gradients of their mean over places, differentiable in turn."""
        scores, slopes = super().input_gradient(inputs, condition)
        return scores, slopes / scores.shape[2:].numel()

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns what the last layer looks at, of all patches, [N, F]."""
        return self._see(inputs, condition).flatten(1)

    def _see(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        grid: Tensor = self.told(inputs, condition)
        for look, normalize in zip(self.look, self.normalize, strict=True):
            grid = leaky_relu(normalize(look(grid)), 0.2)
        return grid


def smallest_side(field: Field) -> int:
    """Returns how many pixels an image must have each way for a map with a score in it: 1, 6, 24 or 96."""
    halvings = STRIDES[field].count(2)
    return 3 * 2**halvings if halvings else 1


def _check(field: Field, inputs: Shape, outputs: Shape) -> None:
    if len(inputs) != 3 or len(outputs) != 1:
        raise ShapeError(
            f"PatchGAN maps images (C, H, W) to scores (n,) at each place; asked for {inputs} to {outputs}"
        )
    if min(inputs[1:]) < smallest_side(field):
        fit = max(smaller for smaller in STRIDES if smallest_side(smaller) <= min(inputs[1:]))
        side = smallest_side(field)
        raise ShapeError(
            f"PatchGAN with field={field} needs images of at least {side}x{side} pixels; asked for {inputs} to "
            f"{outputs}; field={fit} fits these"
        )
