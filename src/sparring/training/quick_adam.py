"""PyTorch's fused Adam without what surrounds it: in small networks the bookkeeping takes longer than the step."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Held:
    """The lists that the kernel takes, and all counts of steps as one tensor."""

    means: list[Tensor]
    squares: list[Tensor]
    counts: list[Tensor]
    counter: Tensor


class QuickAdam(torch.optim.Adam):
    """Fused Adam over one group of weights; `quick_step` is `step` to the last bit, in a third of the time.

    It calls the same kernel, but collects its lists once, counts all weights' steps in one operation, and knows neither
    hooks nor profiler.
    """

    _held: Held | None = None

    @torch.no_grad()
    def quick_step(self) -> None:
        """Moves the weights along their gradients."""
        (group,) = self.param_groups
        weights, held = group["params"], self._held
        gradients = [weight.grad for weight in weights]
        if any(gradient is None for gradient in gradients) or any(not self.state[weight] for weight in weights):
            self.step()  # makes the state; and knows what to do without a gradient
            return
        if held is None or self.state[weights[0]]["exp_avg"] is not held.means[0]:
            self._held = held = self._collect(weights)
        held.counter.add_(1)
        torch._fused_adam_(
            weights,
            gradients,
            held.means,
            held.squares,
            [],
            held.counts,
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    def _collect(self, weights: list[Tensor]) -> Held:
        counter = torch.stack([self.state[weight]["step"] for weight in weights])
        for weight, count in zip(weights, counter.unbind(), strict=True):
            self.state[weight]["step"] = count
        means, squares, counts = (
            [self.state[weight][name] for weight in weights] for name in ("exp_avg", "exp_avg_sq", "step")
        )
        return Held(means, squares, counts, counter)
