"""A multilayer perceptron between any two shapes, as in the first GAN (Goodfellow et al. 2014)."""

from math import prod
from typing import Annotated

import torch
from pydantic import Field, NonNegativeInt, PositiveInt
from torch import Tensor, nn

from sparring.layers.condition import Unprojected
from sparring.layers.conditioning import Concatenation, Conditioning
from sparring.layers.minibatch import MinibatchStatistic
from sparring.layers.normalization import NoNorm, Reparametrization, reparametrize
from sparring.layers.perceptron import perceptron, perceptron_with_gradient
from sparring.network import Condition, Network, Shape


class MLP(Network):
    """Flattens its input, then `depth` hidden layers of `width` with LeakyReLU; images leave through tanh."""

    class Spec(Network.Spec):
        """Width and depth; `slope` 0 is plain ReLU; `dropout` is the probability of dropping a hidden unit.

        The `minibatch` statistic is appended to the last hidden layer.
        """

        width: PositiveInt = 256
        depth: NonNegativeInt = 2
        slope: Annotated[float, Field(ge=0, le=1)] = 0.2
        dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
        reparametrization: Reparametrization | None = None
        minibatch: MinibatchStatistic | None = None
        conditioning: Conditioning = Concatenation()

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        self.outputs = outputs
        self.spec = spec
        self.conditioner = spec.conditioning.input_layer(condition, (prod(inputs),))
        normalization = spec.conditioning.normalization(condition, NoNorm())
        layers: list[nn.Module] = []
        features = prod(inputs) + self.conditioner.added
        bias = not normalization.cancels_bias
        for _ in range(spec.depth):
            layers += [nn.Linear(features, spec.width, bias=bias), nn.LeakyReLU(spec.slope)]
            layers += [nn.Dropout(spec.dropout)] if spec.dropout else []
            features = spec.width
        if spec.minibatch:
            minibatch = spec.minibatch.layer((features,))
            layers += [minibatch]
            (features,) = minibatch.outputs
        layers += [nn.Linear(features, prod(outputs))]
        layers += [nn.Tanh()] if len(outputs) == 3 else []
        self.layers = nn.Sequential(*layers)
        self._linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
        self._conditional_inside = bool(condition) and not self.conditioner.added
        self.normalize = nn.ModuleList(normalization.layer(spec.width) for _ in range(spec.depth))
        self.modulate = nn.ModuleList(spec.conditioning.modulation(condition, spec.width) for _ in range(spec.depth))
        scores = len(outputs) == 1
        self.project = spec.conditioning.projection(condition, features, outputs[0]) if scores else Unprojected()
        spec.conditioning.check(self, condition)
        reparametrize(self, spec.reparametrization)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns [N, *outputs], in (-1, 1) where that is an image, for inputs [N, ...]."""
        if self._conditional_inside:
            features = self.features(inputs, condition)
            outputs: Tensor = self.layers[self._last() :](features).view(-1, *self.outputs)
            projected: Tensor = self.project(outputs, features, condition)
            return projected
        flat = self.conditioner(inputs.flatten(1), condition)
        if self._is_fused():
            outputs = perceptron(flat, self.spec.slope, self._weights())
            outputs = outputs.tanh() if len(self.outputs) == 3 else outputs
        else:
            outputs = self.layers(flat)
        return outputs.view(-1, *self.outputs)

    def input_gradient(self, inputs: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns scores [N, 1] and their gradients by the inputs [N, ...], themselves differentiable."""
        if self.outputs != (1,) or not self._is_fused():
            return super().input_gradient(inputs, condition)
        flat = self.conditioner(inputs.flatten(1), condition)
        scores, gradients = perceptron_with_gradient(flat, self.spec.slope, self._weights())
        return scores, gradients[:, : flat.shape[1] - self.conditioner.added].view_as(inputs)

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the last hidden layer, then the minibatch statistic if any, [N, F]."""
        features: Tensor = self.conditioner(inputs.flatten(1), condition)
        done = 0
        if self._conditional_inside:
            for normalize, modulate in zip(self.normalize, self.modulate, strict=True):
                normalized = normalize(self.layers[done](features)[:, :, None, None])[:, :, 0, 0]
                start, done = done + 1, done + (3 if self.spec.dropout else 2)
                features = self.layers[start:done](modulate(normalized, condition))
        hidden: Tensor = self.layers[done : self._last()](features)
        return hidden

    def _last(self) -> int:
        """Returns the index of the last linear layer; images have a tanh after it."""
        return len(self.layers) - (2 if len(self.outputs) == 3 else 1)

    def _weights(self) -> list[Tensor]:
        return [weight for layer in self._linear for weight in (layer.weight, layer.bias)]

    def _is_fused(self) -> bool:
        """Whether the layers may be computed as one operation: nothing between them, and no hooks on them."""
        hooked = any(layer._forward_hooks for layer in self._linear)
        if self.spec.minibatch or self._conditional_inside:
            return False
        device_type = self._linear[0].bias.device.type
        plain = not (self.spec.dropout and self.training) and not torch.is_autocast_enabled(device_type)
        return plain and not hooked and not torch.compiler.is_compiling()
