"""A multilayer perceptron between any two shapes, as in the first GAN (Goodfellow et al. 2014)."""

from math import prod
from typing import Annotated

import torch
from pydantic import Field, NonNegativeInt, PositiveInt
from torch import Tensor, nn

from sparring.layers.conditioning import Concatenation, Conditioning, Unprojected
from sparring.layers.minibatch import MinibatchStatistic
from sparring.layers.normalization import NoNorm, Reparametrization, reparametrize
from sparring.layers.perceptron import perceptron, sloped_perceptron
from sparring.network import Condition, Network, Shape


class MLP(Network):
    """Flattens its input, then `depth` hidden layers of `width` with LeakyReLU; images leave through tanh."""

    class Spec(Network.Spec):
        """Width and depth; `slope` 0 is plain ReLU; `dropout` is the share of hidden units left out.

        `minibatch` is shown to the last layer, beside the last hidden one.
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
        self.told = spec.conditioning.entrance(condition, (prod(inputs),))
        normalization = spec.conditioning.normalization(condition, NoNorm())
        layers: list[nn.Module] = []
        features = prod(inputs) + self.told.added
        bias = not normalization.cancels_bias
        for _ in range(spec.depth):
            layers += [nn.Linear(features, spec.width, bias=bias), nn.LeakyReLU(spec.slope)]
            layers += [nn.Dropout(spec.dropout)] if spec.dropout else []
            features = spec.width
        if spec.minibatch:
            compare = spec.minibatch.layer((features,))
            layers += [compare]
            (features,) = compare.outputs
        layers += [nn.Linear(features, prod(outputs))]
        layers += [nn.Tanh()] if len(outputs) == 3 else []
        self.layers = nn.Sequential(*layers)
        self._linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
        self._told_later = bool(condition) and not self.told.added
        self.normalize = nn.ModuleList(normalization.layer(spec.width) for _ in range(spec.depth))
        self.modulate = nn.ModuleList(spec.conditioning.modulation(condition, spec.width) for _ in range(spec.depth))
        scores = len(outputs) == 1
        self.project = spec.conditioning.projection(condition, features, outputs[0]) if scores else Unprojected()
        spec.conditioning.check(self, condition)
        reparametrize(self, spec.reparametrization)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns [N, *outputs], in (-1, 1) where that is an image, for inputs [N, ...]."""
        if self._told_later:
            features = self.features(inputs, condition)
            said: Tensor = self.layers[self._last() :](features).view(-1, *self.outputs)
            told: Tensor = self.project(said, features, condition)
            return told
        flat = self.told(inputs.flatten(1), condition)
        if not self._in_one():
            passed: Tensor = self.layers(flat)
            return passed.view(-1, *self.outputs)
        outputs = perceptron(flat, self.spec.slope, self._weights())
        return outputs.tanh().view(-1, *self.outputs) if len(self.outputs) == 3 else outputs.view(-1, *self.outputs)

    def input_gradient(self, inputs: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns scores [N, 1] and their gradients by the inputs [N, ...], differentiable in turn."""
        if self.outputs != (1,) or not self._in_one():
            return super().input_gradient(inputs, condition)
        flat = self.told(inputs.flatten(1), condition)
        scores, slopes = sloped_perceptron(flat, self.spec.slope, self._weights())
        return scores, slopes[:, : flat.shape[1] - self.told.added].view_as(inputs)

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the last hidden layer and what is said of the minibatch, [N, F]."""
        features: Tensor = self.told(inputs.flatten(1), condition)
        done = 0
        if self._told_later:
            for normalize, modulate in zip(self.normalize, self.modulate, strict=True):
                normalized = normalize(self.layers[done](features)[:, :, None, None])[:, :, 0, 0]
                start, done = done + 1, done + (3 if self.spec.dropout else 2)
                features = self.layers[start:done](modulate(normalized, condition))
        hidden: Tensor = self.layers[done : self._last()](features)
        return hidden

    def _last(self) -> int:
        """Returns where the last layer stands; an image leaves through one more."""
        return len(self.layers) - (2 if len(self.outputs) == 3 else 1)

    def _weights(self) -> list[Tensor]:
        return [weight for layer in self._linear for weight in (layer.weight, layer.bias)]

    def _in_one(self) -> bool:
        """Whether the layers may be computed as one operation: nothing in between, and nobody who watches them."""
        watched = any(layer._forward_hooks for layer in self._linear)
        if self.spec.minibatch or self._told_later:
            return False
        plain = not (self.spec.dropout and self.training) and not torch.is_autocast_enabled(self._device_type())
        return plain and not watched and not torch.compiler.is_compiling()

    def _device_type(self) -> str:
        return self._linear[0].bias.device.type
