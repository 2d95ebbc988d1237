"""Optimizers that a team may use, and how their state is written down by parameter name."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat
from torch import Tensor, nn

from sparring.spec import Family

Decay = Annotated[float, Field(ge=0, lt=1)]


class Optimizer(Family):
    """How a team's weights follow its gradients."""

    learning_rate: PositiveFloat = 2e-4

    @abstractmethod
    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Returns the optimizer over `parameters`."""


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015); DCGAN's β₁ = 0.5 is the default. `fused` is one kernel for all weights."""

    betas: tuple[Decay, Decay] = (0.5, 0.999)
    epsilon: PositiveFloat = 1e-8
    weight_decay: NonNegativeFloat = 0.0
    fused: bool = True

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:  # noqa: D102
        return torch.optim.Adam(
            parameters, self.learning_rate, self.betas, self.epsilon, self.weight_decay, fused=self.fused
        )


class RMSprop(Optimizer):
    """RMSprop (Hinton 2012), as Arjovsky et al. 2017 train with clipping."""

    learning_rate: PositiveFloat = 5e-5
    smoothing: Decay = 0.99
    epsilon: PositiveFloat = 1e-8

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:  # noqa: D102
        return torch.optim.RMSprop(parameters, self.learning_rate, self.smoothing, self.epsilon)


class SGD(Optimizer):
    """Stochastic gradient descent with momentum."""

    learning_rate: PositiveFloat = 0.1
    momentum: Decay = 0.0

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:  # noqa: D102
        return torch.optim.SGD(parameters, self.learning_rate, self.momentum)


def write_state(optimizer: torch.optim.Optimizer, names: list[str]) -> Iterator[tuple[str, Tensor]]:
    """Yields `(parameter/key, tensor)` for all the state of an optimizer whose parameters are called `names`."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for name, parameter in zip(names, parameters, strict=True):
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                yield f"{name}/{key}", value


def read_state(optimizer: torch.optim.Optimizer, names: list[str], tensors: Mapping[str, Tensor]) -> None:
    """Puts back what `write_state` gave; settings such as the learning rate stay as they are built.

    A state of a parameter's shape takes the parameter's memory layout, which fused kernels rely on;
    so does its device, and for them that of counters too.
    """
    parameters = [(group, parameter) for group in optimizer.param_groups for parameter in group["params"]]
    for name, (group, parameter) in zip(names, parameters, strict=True):
        prefix = f"{name}/"
        for path, value in tensors.items():
            if path.startswith(prefix):
                alike = value.shape == parameter.shape
                device = parameter.device if alike or group.get("fused") or group.get("capturable") else value.device
                like = parameter if alike else value
                restored = torch.empty_like(like, dtype=value.dtype, device=device, requires_grad=False)
                optimizer.state[parameter][path.removeprefix(prefix)] = restored.copy_(value)
