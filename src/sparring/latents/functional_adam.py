"""Adam over named tensors, with a state of tensors: interrupted searches resume exactly."""

from collections.abc import Mapping

import torch
from torch import Tensor

_MOMENTS = ("step", "exp_avg", "exp_avg_sq")


class FunctionalAdam:
    """Minimises a loss over `variables`, in place, with Adam (Kingma & Ba 2015); counts its `steps`."""

    def __init__(self, variables: Mapping[str, Tensor]) -> None:
        self.variables = dict(variables)
        self.steps = 0
        self._adam = torch.optim.Adam(list(self.variables.values()))

    def step(self, loss: Tensor, learning_rate: float) -> None:
        """Makes one step on `loss`."""
        self._adam.param_groups[0]["lr"] = learning_rate
        variables = list(self.variables.values())
        for variable, gradient in zip(variables, torch.autograd.grad(loss, variables, allow_unused=True), strict=True):
            variable.grad = gradient
        self._adam.step()
        self._adam.zero_grad(set_to_none=True)
        self.steps += 1

    def state(self) -> dict[str, Tensor]:
        """Returns a copy of the variables, the moments and the step count."""
        state = {f"variable/{name}": value.detach().clone() for name, value in self.variables.items()}
        for name, variable in self.variables.items():
            for moment, value in self._adam.state[variable].items():
                state[f"{moment}/{name}"] = value.clone()
        return state | {"steps": torch.tensor(self.steps)}

    def restore(self, state: Mapping[str, Tensor]) -> None:
        """Restores what `state()` returned, from any device."""
        self.steps = int(state["steps"])
        with torch.no_grad():
            for name, variable in self.variables.items():
                variable.copy_(state[f"variable/{name}"])
                moments = {moment: state[key] for moment in _MOMENTS if (key := f"{moment}/{name}") in state}
                self._adam.state[variable] = {
                    moment: value.clone() if moment == "step" else value.to(variable.device, copy=True)
                    for moment, value in moments.items()
                }
