"""What every network shares, and how its spec builds it."""

from math import lcm
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn

from sparring.errors import SpecError
from sparring.layers.condition import Condition
from sparring.layers.minibatch import MinibatchLayer
from sparring.spec import Family

Shape = tuple[int, ...]
"""The shape of one sample without the batch: `(C, H, W)` for images, `(n,)` for vectors."""


class Network(nn.Module):
    """A function with weights from one shape to another, given a condition.

    A subclass nests its own `Spec(Network.Spec)` and takes `(spec, inputs, outputs, condition)`;
    it raises `ShapeError` for shapes that it cannot map. `couples_samples` says of a class of
    layers that what they return for a sample depends on the others of its batch.
    """

    couples_samples: ClassVar[bool] = False

    class Spec(Family):
        """What a network is built from; `build` makes the network that the spec is nested in."""

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
        """Returns [N, *outputs] for `inputs` [N, *inputs] and, where the network has one, a condition [N]."""
        raise NotImplementedError

    def input_gradient(self, inputs: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns the outputs [N, 1 + K] for `inputs` [N, *inputs], and the gradients of the scores by the inputs.

        The first output is the score; the gradients are themselves differentiable.
        """
        return input_gradient(lambda samples: self(samples, condition), inputs)

    def features(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        """Returns what the last layer looks at, [N, F]; raises `SpecError` where a network does not tell."""
        raise SpecError(f"{type(self).__name__} has no features to show; choose another network for this player")


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
    """Whether what `network` returns for a sample may depend on the others in its batch, training or not as it is."""
    return any(
        (isinstance(layer, _COUPLING) and layer.training) or getattr(layer, "couples_samples", False)
        for layer in network.modules()
    )


def group_size(network: nn.Module) -> int:
    """Returns what a batch is best a multiple of: the groups in which layers of `network` compare samples; else 1."""
    return lcm(*(layer.group or 1 for layer in network.modules() if isinstance(layer, MinibatchLayer)))
