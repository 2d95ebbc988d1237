"""The optimizers of a team, and their state by parameter name."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Self

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, model_validator
from torch import Tensor, nn

from sparring.spec import Family
from sparring.training.extrapolation import ExtragradientOptimizer, OptimisticOptimizer
from sparring.training.quick_adam import QuickAdam

Decay = Annotated[float, Field(ge=0, lt=1)]


class Optimizer(Family):
    """How a team's weights follow its gradients; one step takes `moves` moves of the team."""

    moves: ClassVar[int] = 1

    @abstractmethod
    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """Returns the optimizer over `parameters`."""

    def state_kind(self) -> str:
        """Returns the kind of optimizer whose saved state this one can resume from."""
        return self.kind()


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015); DCGAN's β₁ = 0.5 is the default. `fused` is one kernel for all weights."""

    learning_rate: PositiveFloat = 2e-4
    betas: tuple[Decay, Decay] = (0.5, 0.999)
    epsilon: PositiveFloat = 1e-8
    weight_decay: NonNegativeFloat = 0.0
    fused: bool = True

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        kind = QuickAdam if self.fused else torch.optim.Adam
        return kind(parameters, self.learning_rate, self.betas, self.epsilon, self.weight_decay, fused=self.fused)


class RMSprop(Optimizer):
    """RMSprop (Hinton 2012), as Arjovsky et al. 2017 train with clipping."""

    learning_rate: PositiveFloat = 5e-5
    smoothing: Decay = 0.99
    epsilon: PositiveFloat = 1e-8

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.RMSprop(parameters, self.learning_rate, self.smoothing, self.epsilon)


class SGD(Optimizer):
    """Stochastic gradient descent with momentum."""

    learning_rate: PositiveFloat = 0.1
    momentum: Decay = 0.0

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return torch.optim.SGD(parameters, self.learning_rate, self.momentum)


class OptimisticAdam(Adam):
    """Adam that steps by 2 Δ_t - Δ_{t-1}, Δ_t being Adam's step (Daskalakis et al. 2018, algorithm 1).

    Players that circle one another under Adam come to rest under it, at no further gradient.
    """

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return OptimisticOptimizer(super().build(parameters))


class OptimisticSGD(SGD):
    """Gradient descent with optimism, w ← w - 2η g_t + η g_{t-1} (Daskalakis et al. 2018)."""

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return OptimisticOptimizer(super().build(parameters))


class Extragradient(Optimizer):
    """Looks ahead by a step of `of`, then steps from where it stood along the gradient at the point ahead.

    Korpelevich 1976; Gidel et al. 2019, algorithms 2 and 4. It is their method only if all teams use it and move at
    once, twice a step: `game.order=[[discriminator, generator], [discriminator, generator]]`.
    """

    moves: ClassVar[int] = 2

    of: Optimizer = Adam()

    @model_validator(mode="after")
    def _look_ahead_once(self) -> Self:
        if self.of.moves != 1:
            raise ValueError(f"of: {self.of.kind()} looks ahead itself; needs an optimizer that steps on every move")
        return self

    def build(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return ExtragradientOptimizer(self.of.build(parameters))

    def state_kind(self) -> str:
        """Returns the kind of `of`: between two steps it is the only state."""
        return self.of.state_kind()


def write_state(optimizer: torch.optim.Optimizer, names: list[str]) -> Iterator[tuple[str, Tensor]]:
    """Yields `(parameter/key, tensor)` for all the state of an optimizer whose parameters are called `names`."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for name, parameter in zip(names, parameters, strict=True):
        for key, value in optimizer.state.get(parameter, {}).items():
            if isinstance(value, Tensor):
                yield f"{name}/{key}", value


def read_state(optimizer: torch.optim.Optimizer, names: list[str], tensors: Mapping[str, Tensor]) -> None:
    """Restores the state yielded by `write_state`; settings such as the learning rate stay as they were built.

    A state of a parameter's shape takes the parameter's memory layout and device, which fused kernels rely on;
    they also need the counters on that device.
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
