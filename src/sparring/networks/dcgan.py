"""DCGAN: strided and transposed convolutions with batch normalization (Radford et al. 2016), for images of any size."""

from math import prod

from pydantic import PositiveInt
from torch import Tensor, nn
from torch.nn.functional import leaky_relu, relu

from sparring.errors import ShapeError
from sparring.layers.condition import Unmodulated
from sparring.layers.conditioning import Concatenation, Conditioning
from sparring.layers.grids import plan_halvings
from sparring.layers.minibatch import MinibatchStatistic
from sparring.layers.normalization import BatchNorm, Normalization, Reparametrization, reparametrize
from sparring.network import Condition, Network, Shape

WIDEST = 8
"""The base grid has at most this many times `width` channels."""


class DCGANGenerator(Network):
    """Vectors to images: a projection onto the base grid, then transposed convolutions, ReLU, and tanh at the end.

    A 64x64 image grows from 4x4 with 8, 4, 2, 1 times `width` channels. The last layer has no normalization.
    """

    class Spec(Network.Spec):
        """`width` counts the channels of the largest inner grid, half the image's height and width."""

        width: PositiveInt = 64
        normalization: Normalization = BatchNorm()
        reparametrization: Reparametrization | None = None
        conditioning: Conditioning = Concatenation()

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 1 or len(outputs) != 3:
            raise ShapeError(f"DCGANGenerator maps vectors (n,) to images (C, H, W); asked for {inputs} to {outputs}")
        halvings = plan_halvings((outputs[1], outputs[2]))
        widths = [outputs[0], *(spec.width * min(2**level, WIDEST) for level in range(len(halvings)))]
        self.base: Shape = (widths[-1], *(halvings[-1].small if halvings else outputs[1:]))
        self.conditioner = spec.conditioning.input_layer(condition, inputs)
        normalization = spec.conditioning.normalization(condition, spec.normalization)
        bias = not normalization.cancels_bias
        self.project = nn.Linear(inputs[0] + self.conditioner.added, prod(self.base), bias=bias or not halvings)
        self.normalize = nn.ModuleList(normalization.layer(width) for width in reversed(widths[1:]))
        self.modulate = nn.ModuleList(spec.conditioning.modulation(condition, width) for width in reversed(widths[1:]))
        self.grow = nn.ModuleList(
            nn.ConvTranspose2d(
                widths[level + 1], widths[level], step.kernel, step.stride, padding=1, bias=bias or level == 0
            )
            for level, step in reversed(list(enumerate(halvings)))
        )
        spec.conditioning.check(self, condition)
        initialize(self)
        reparametrize(self, spec.reparametrization)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns images [N, C, H, W] in (-1, 1) for latents [N, n]."""
        grid: Tensor = self.project(self.conditioner(inputs, condition)).view(-1, *self.base)
        for normalize, modulate, grow in zip(self.normalize, self.modulate, self.grow, strict=True):
            grid = grow(relu(modulate(normalize(grid), condition)))
        return grid.tanh()


class DCGANDiscriminator(Network):
    """Images to vectors: strided convolutions with LeakyReLU 0.2, then one linear layer.

    A 64x64 image shrinks to 4x4 with 1, 2, 4, 8 times `width` channels. The first layer has no normalization.
    """

    class Spec(DCGANGenerator.Spec):
        """Same as the generator's, plus an optional `minibatch` statistic before the last layer."""

        minibatch: MinibatchStatistic | None = None

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        if len(inputs) != 3 or len(outputs) != 1:
            raise ShapeError(
                f"DCGANDiscriminator maps images (C, H, W) to vectors (n,); asked for {inputs} to {outputs}"
            )
        halvings = plan_halvings((inputs[1], inputs[2]))
        self.conditioner = spec.conditioning.input_layer(condition, inputs)
        normalization = spec.conditioning.normalization(condition, spec.normalization)
        inner = (spec.width * min(2**level, WIDEST) for level in range(len(halvings)))
        widths = [inputs[0] + self.conditioner.added, *inner]
        bias = not normalization.cancels_bias
        self.shrink = nn.ModuleList(
            nn.Conv2d(widths[level], widths[level + 1], step.kernel, step.stride, padding=1, bias=bias or level == 0)
            for level, step in enumerate(halvings)
        )
        self.normalize = nn.ModuleList(
            normalization.layer(width) if level else nn.Identity() for level, width in enumerate(widths[1:])
        )
        self.modulate = nn.ModuleList(
            spec.conditioning.modulation(condition, width) if level else Unmodulated()
            for level, width in enumerate(widths[1:])
        )
        base = (widths[-1], *(halvings[-1].small if halvings else inputs[1:]))
        self.minibatch = spec.minibatch.layer(base) if spec.minibatch else None
        features = prod(self.minibatch.outputs if self.minibatch else base)
        self.head = nn.Linear(features, outputs[0])
        self.project = spec.conditioning.projection(condition, features, outputs[0])
        spec.conditioning.check(self, condition)
        initialize(self)
        reparametrize(self, spec.reparametrization)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns scores [N, n] for images [N, C, H, W]."""
        features = self.features(inputs, condition)
        scores: Tensor = self.project(self.head(features), features, condition)
        return scores

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the flattened base grid, then the minibatch statistic if any, [N, F], for images [N, C, H, W]."""
        grid = self.conditioner(inputs, condition)
        for shrink, normalize, modulate in zip(self.shrink, self.normalize, self.modulate, strict=True):
            grid = leaky_relu(modulate(normalize(shrink(grid)), condition), 0.2)
        features: Tensor = self.minibatch(grid) if self.minibatch else grid
        return features.flatten(1)


def initialize(network: nn.Module) -> None:
    """Draws weights from N(0, 0.02²) (Radford et al. 2016, sec. 4), batch-norm scales from N(1, 0.02²) (its code)."""
    for layer in network.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d) and layer.affine:
            nn.init.normal_(layer.weight, mean=1.0, std=0.02)
