"""PatchGAN: a discriminator that scores each patch of an image independently (Isola et al. 2017)."""

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
"""The strides of the hidden layers for each patch size (Isola et al. 2017, appendix 6.1.2)."""

WIDEST = 8
"""No layer has more than this many times `width` channels."""


class PatchGAN(Network):
    """The Markovian discriminator of pix2pix (Isola et al. 2017, sec. 3.2.2 and appendix 6.1.2).

    C64-C128-C256-C512 by 4x4 convolutions with LeakyReLU 0.2, then one more to the scores; for a `field` of 1, the
    paper's PixelGAN, convolutions are 1x1. The first layer has no normalization.

    The output for an image is a map: for outputs (n,) it returns [N, n, h, w], n numbers at each of h·w places, 30x30
    for 256x256. Losses take these maps like any other scores: they apply to each score, then average, and
    relativistic ones pair scores of the same place. The loss thus trains the mean over places, and `input_gradient`
    is the gradient of that mean: the weight of a gradient penalty means the same for images of all sizes, and a
    Lipschitz bound is one on the quantity in the loss.
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
        self.conditioner = concatenation(condition, inputs)
        inner = (spec.width * min(2**level, WIDEST) for level in range(len(strides)))
        widths = [inputs[0] + self.conditioner.added, *inner]
        self.convolutions = nn.ModuleList(
            nn.Conv2d(widths[level], widths[level + 1], kernel, stride, padding, bias=bias or level == 0)
            for level, stride in enumerate(strides)
        )
        self.normalize = nn.ModuleList(
            spec.normalization.layer(width) if level else nn.Identity() for level, width in enumerate(widths[1:])
        )
        self.head = nn.Conv2d(widths[-1], outputs[0], kernel, 1, padding)
        initialize(self)
        reparametrize(self, spec.reparametrization)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n, h, w], n for each patch, for images [N, C, H, W]."""
        scores: Tensor = self.head(self._grid(inputs, condition))
        return scores

    def input_gradient(self, inputs: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns scores [N, n, h, w] of images and the gradients of their mean over places, differentiable."""
        scores, gradients = super().input_gradient(inputs, condition)
        return scores, gradients / scores.shape[2:].numel()

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the inputs of the last layer, of all patches, [N, F]."""
        return self._grid(inputs, condition).flatten(1)

    def _grid(self, inputs: Tensor, condition: Tensor | None) -> Tensor:
        grid: Tensor = self.conditioner(inputs, condition)
        for convolve, normalize in zip(self.convolutions, self.normalize, strict=True):
            grid = leaky_relu(normalize(convolve(grid)), 0.2)
        return grid


def smallest_side(field: Field) -> int:
    """Returns the smallest height and width for which the map has a score: 1, 6, 24 or 96 pixels."""
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
