"""The base class of networks, and the spec that builds them."""

from math import lcm
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from sparring.errors import SpecError
from sparring.layers.condition import Condition
from sparring.layers.grids import Shape
from sparring.layers.minibatch import MinibatchLayer
from sparring.spec import Family


class Network(nn.Module):
    """A learned function from one shape to another, given an optional condition.

    A subclass nests its own `Spec(Network.Spec)` and takes `(spec, inputs, outputs, condition)`;
    it raises `ShapeError` for shapes that it cannot map. `couples_samples` marks classes of
    layers whose output for a sample depends on the rest of its batch.
    Large images are cut into tiles whose sides and places are multiples of `side_multiple` pixels.
    """

    couples_samples: ClassVar[bool] = False
    side_multiple: ClassVar[int] = 1

    class Spec(Family):
        """The settings of a network; `build` returns the network that the spec is nested in."""

        network: ClassVar[type["Network"]]

        def build(self, inputs: Shape, outputs: Shape, condition: Condition = Condition()) -> "Network":
            """Returns the network that maps [N, *inputs] to [N, *outputs]; raises `ShapeError` if it cannot."""
            build = cast(Any, self.network)
            return cast(Network, build(self, inputs, outputs, condition))

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "Spec" in vars(cls):
            cls.Spec.network = cls

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns [N, *outputs] for `inputs` [N, *inputs] and, if the network is conditional, a condition [N]."""
        raise NotImplementedError

    def input_gradient(self, inputs: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns the outputs [N, 1 + K] for `inputs` [N, *inputs], and the gradients of the scores by the inputs.

        The first output is the score; the gradients are themselves differentiable.
        """
        return input_gradient(lambda samples: self(samples, condition), inputs)

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns the inputs of the last layer, [N, F]; raises `SpecError` if the network does not expose them."""
        raise SpecError(f"{type(self).__name__} does not expose its features; choose another network for this player")


def input_gradient(function: Any, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Returns outputs [N, 1 + K] = `function(inputs)` and the gradients of their first column, the scores, by `inputs`.

    The gradients are themselves differentiable.
    """
    inputs = inputs if inputs.requires_grad else inputs.detach().requires_grad_(True)
    outputs = function(inputs)
    (gradient,) = torch.autograd.grad(outputs[:, :1].sum(), inputs, create_graph=True)
    return outputs, gradient


_COUPLING = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)


def couples_samples(network: nn.Module) -> bool:
    """Whether the output of `network` for a sample may depend on the rest of its batch, in its current mode."""
    return any(
        (isinstance(layer, _COUPLING) and layer.training) or getattr(layer, "couples_samples", False)
        for layer in network.modules()
    )


def group_size(network: nn.Module) -> int:
    """Returns the preferred divisor of the batch size: of the groups of minibatch layers in `network`, or 1."""
    return lcm(*(layer.group or 1 for layer in network.modules() if isinstance(layer, MinibatchLayer)))
