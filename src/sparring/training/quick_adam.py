"""PyTorch's fused Adam without what surrounds it: in small networks the bookkeeping takes longer than the step."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

KERNEL: Callable[..., None] | None = getattr(torch, "_fused_adam_", None)
"""The kernel of `torch.optim.Adam(fused=True)`, which is private to PyTorch: ask `has_kernel` before."""


@dataclass(frozen=True)
class KernelState:
    """The lists that the kernel takes, and all step counts as one tensor."""

    means: list[Tensor]
    squares: list[Tensor]
    counts: list[Tensor]
    counter: Tensor


class QuickAdam(torch.optim.Adam):
    """Fused Adam over one group of weights; `quick_step` is `step` to the last bit, in a third of the time.

    It calls the same kernel, but collects its lists once, counts all weights' steps in one operation, and calls neither
    hooks nor profiler.
    """

    _kernel_state: KernelState | None = None

    @torch.no_grad()
    def quick_step(self) -> None:
        """Moves the weights along their gradients."""
        (group,) = self.param_groups
        weights, state = group["params"], self._kernel_state
        gradients = [weight.grad for weight in weights]
        if any(gradient is None for gradient in gradients) or any(not self.state[weight] for weight in weights):
            self.step()  # creates the state, and handles weights without a gradient
            return
        if state is None or self.state[weights[0]]["exp_avg"] is not state.means[0]:  # the first time, and restored
            self._kernel_state = state = self._collect(weights)
        state.counter.add_(1)
        assert KERNEL is not None
        KERNEL(
            weights,
            gradients,
            state.means,
            state.squares,
            [],
            state.counts,
            lr=group["lr"],
            beta1=group["betas"][0],
            beta2=group["betas"][1],
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    def _collect(self, weights: list[Tensor]) -> KernelState:
        counter = torch.stack([self.state[weight]["step"] for weight in weights])
        for weight, count in zip(weights, counter.unbind(), strict=True):
            self.state[weight]["step"] = count
        means, squares, counts = (
            [self.state[weight][name] for weight in weights] for name in ("exp_avg", "exp_avg_sq", "step")
        )
        return KernelState(means, squares, counts, counter)


@cache
def has_kernel() -> bool:
    """Whether this PyTorch has the kernel, and three quick steps equal three of its own to the last bit."""
    if KERNEL is None:
        return False
    results = []
    for quick in (False, True):
        weight = torch.linspace(-1, 1, 5).requires_grad_()
        optimizer = QuickAdam([weight], 0.1, (0.5, 0.9), 1e-8, 0.1, fused=True)
        try:
            for scale in (1.0, -0.5, 0.25):
                weight.grad = scale * torch.linspace(1, 2, 5)
                (optimizer.quick_step if quick else optimizer.step)()
        except (TypeError, RuntimeError):  # it takes other arguments
            return False
        results.append([weight.detach(), *optimizer.state[weight].values()])
    return all(torch.equal(one, other) for one, other in zip(*results, strict=True))
