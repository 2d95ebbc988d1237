"""Optimizers that look ahead, so that players do not circle: the extragradient method, and optimism."""

from typing import Any

import torch
from torch import Tensor


class ExtrapolatingOptimizer(torch.optim.Optimizer):
    """Changes how the optimizer `of` steps; settings and state are those of `of`, and saved as such."""

    def __init__(self, of: torch.optim.Optimizer) -> None:
        super().__init__(of.param_groups, of.defaults)
        self.of = of
        self._share()

    def weights(self) -> list[Tensor]:
        """Returns all weights, in a fixed order."""
        return [weight for group in self.param_groups for weight in group["params"]]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores the state returned by `state_dict()`."""
        self.of.load_state_dict(state_dict)
        self._share()

    def _share(self) -> None:
        self.state, self.param_groups = self.of.state, self.of.param_groups


class OptimisticOptimizer(ExtrapolatingOptimizer):
    """Steps by 2 Δ_t - Δ_{t-1}, where Δ_t is the step that `of` would make, and Δ_0 = 0.

    With gradient descent it is w_{t+1} = w_t - 2η g_t + η g_{t-1}, with Adam algorithm 1 of Daskalakis et al. 2018. The
    last change predicts the next one: an extragradient step at the price of one gradient (Popov 1980;
    "extrapolation from the past" in Gidel et al. 2019).
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Moves the weights that have gradients, and keeps -Δ_t in the state as `undone`."""
        weights = [weight for weight in self.weights() if weight.grad is not None]
        if not weights:
            return
        undone = _copies(weights)
        self.of.step()
        torch._foreach_sub_(undone, weights)
        torch._foreach_sub_(weights, undone)
        moved = [weight for weight in weights if "undone" in self.state[weight]]
        if moved:
            torch._foreach_add_(moved, [self.state[weight]["undone"] for weight in moved])
        for weight, back in zip(weights, undone, strict=True):
            self.state[weight]["undone"] = back


class ExtragradientOptimizer(ExtrapolatingOptimizer):
    """Extrapolates on odd steps; on even ones returns, and follows the gradient at the extrapolated point.

        w' = w + step of `of` along the gradient at w
        w ← w + step of `of` along the gradient at w'

    Korpelevich 1976; algorithm 2 of Gidel et al. 2019 where `of` is gradient descent, algorithm 4 where it is Adam,
    whose moments see both gradients. The weights `remembered` in between are state, and say which step is next.
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Moves the weights away, or back and onwards."""
        weights = self.weights()
        if "remembered" in self.state[weights[0]]:
            torch._foreach_copy_(weights, [self.state[weight].pop("remembered") for weight in weights])
            self.of.step()
            return
        before = _copies(weights)
        self.of.step()
        for weight, value in zip(weights, before, strict=True):  # not sooner: `of` begins where a state is empty
            self.state[weight]["remembered"] = value


def _copies(weights: list[Tensor]) -> list[Tensor]:
    """Returns copies of the weights by one kernel for all of them, where a clone takes one each."""
    copies = [torch.empty_like(weight, requires_grad=False) for weight in weights]
    torch._foreach_copy_(copies, weights)
    return copies
