"""A multilayer perceptron between any two shapes, as in the first GAN (Goodfellow et al. 2014)."""

from math import prod
from typing import Annotated

from pydantic import Field, NonNegativeInt, PositiveInt
from torch import Tensor, nn

from sparring.layers.conditioning import concatenation
from sparring.layers.normalization import Reparametrization, reparametrize
from sparring.network import Condition, Network, Shape


class MLP(Network):
    """Flattens its input, then `depth` hidden layers of `width` with LeakyReLU; images leave through tanh."""

    class Spec(Network.Spec):
        """Width and depth; `slope` 0 is plain ReLU; `dropout` is the share of hidden units left out."""

        width: PositiveInt = 256
        depth: NonNegativeInt = 2
        slope: Annotated[float, Field(ge=0, le=1)] = 0.2
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
        reparametrization: Reparametrization | None = None

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        self.outputs = outputs
        self.told = concatenation(condition.classes, (prod(inputs),))
        layers: list[nn.Module] = []
        features = prod(inputs) + self.told.added
        for _ in range(spec.depth):
            layers += [nn.Linear(features, spec.width), nn.LeakyReLU(spec.slope)]
            layers += [nn.Dropout(spec.dropout)] if spec.dropout else []
            features = spec.width
        layers += [nn.Linear(features, prod(outputs))]
        layers += [nn.Tanh()] if len(outputs) == 3 else []
        self.layers = nn.Sequential(*layers)
        reparametrize(self, spec.reparametrization)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns [N, *outputs], in (-1, 1) where that is an image, for inputs [N, ...]."""
        flat: Tensor = self.layers(self.told(inputs.flatten(1), condition))
        return flat.view(-1, *self.outputs)
