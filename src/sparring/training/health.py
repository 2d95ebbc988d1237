"""Divergence: losses, gradients and weights must stay finite."""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from sparring.errors import DivergenceError
from sparring.game import Batch, Game, Team
from sparring.training.team_optimizer import TeamOptimizer

REMEDIES = (
    "What often helps: a smaller learning rate (training.optimizers.*.learning_rate), bounding the gradient "
    "(training.clip_gradient=1), a gradient penalty (game.penalties=[R1]), or training.precision=float32 where it is "
    "bfloat16. Change the recipe and go on with --continue-with-changes, or start a new --run."
)


class Health:
    """Checks numbers without waiting for a device: on a CPU at every move, elsewhere when they are read."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self._immediate = game.device.type == "cpu"
        self._pending: list[tuple[int, Team, Tensor]] = []

    def watch(self, step: int, optimizer: TeamOptimizer, finite: Tensor, batch: Batch) -> None:
        """Checks a move before its step; `finite` is the result of `all_finite` for its loss and gradients.

        Raises:
            DivergenceError: they are not finite (on a CPU; elsewhere `settle` raises it).
        """
        if self._immediate and not finite:
            raise DivergenceError(self._diagnose(step, optimizer.team, batch))
        if not self._immediate:
            self._pending.append((step, optimizer.team, finite))

    def settle(self, step: int) -> None:
        """Reads what is pending, and the weights; raises `DivergenceError` at the first that is not finite."""
        pending, self._pending = self._pending, []
        if pending and not torch.stack([finite for _, _, finite in pending]).all():
            bad_step, team, _ = next(entry for entry in pending if not entry[2])
            raise DivergenceError(self._report(bad_step, f"the {team.name}'s losses or gradients", self._bad_weights()))
        if bad := self._bad_weights():
            raise DivergenceError(self._report(step, "weights", bad))

    def _bad_weights(self) -> list[str]:
        named = dict(self.game.named_parameters())
        finite = torch.stack(torch._foreach_norm([weight.detach() for weight in named.values()])).isfinite().tolist()
        return _name_modules(self.game, (name for name, sound in zip(named, finite, strict=True) if not sound))

    def _diagnose(self, step: int, team: Team, batch: Batch) -> str:
        """Plays the move again (randomness repeats) and finds where the first number went wrong."""
        gradients = {name: p.grad for name, p in self.game.named_parameters() if p.grad is not None}
        if bad_outputs := _first_bad_output(self.game, team, batch):
            return self._report(step, f"the {team.name}'s losses", bad_outputs)
        bad = [name for name, gradient in gradients.items() if not gradient.isfinite().all()]
        return self._report(step, f"the {team.name}'s gradients", _name_modules(self.game, reversed(bad)))

    def _report(self, step: int, what: str, where: list[str]) -> str:
        place = f", first in {', '.join(where[:3])}" if where else ""
        return f"{what} stopped being finite at step {step}{place}. {REMEDIES}"


def all_finite(total: Tensor, gradients: list[Tensor] | tuple[Tensor, ...]) -> Tensor:
    """Returns whether a move's loss and all its gradients are finite, as a scalar on their device."""
    norms = torch._foreach_norm(gradients) if gradients else ()  # the losses of a team may need none yet
    return torch.stack([total.detach().float(), *(norm.float() for norm in norms)]).isfinite().all()


def _first_bad_output(game: Game, team: Team, batch: Batch) -> list[str]:
    if not batch.real.isfinite().all():
        return ["the batch of data"]
    bad: list[str] = []

    def watch(name: str, module: nn.Module) -> torch.utils.hooks.RemovableHandle:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and not output.isfinite().all():
                bad.append(f"the output of {name} ({type(module).__name__})")

        return module.register_forward_hook(hook)

    batch.random.manual_seed(batch.random.initial_seed())
    torch.default_generator.manual_seed(batch.random.initial_seed())
    leaves = [(name, module) for name, module in game.named_modules() if not any(True for _ in module.children())]
    handles = [watch(name, module) for name, module in leaves]
    try:
        losses = team.losses(batch)
    finally:
        for handle in handles:
            handle.remove()
    return bad or _bad_losses(losses)


def _bad_losses(losses: Mapping[str, Tensor]) -> list[str]:
    return [f"the loss {name!r}" for name, value in losses.items() if not value.isfinite().all()]


def _name_modules(game: Game, parameters: Iterable[str]) -> list[str]:
    modules = dict(game.named_modules())
    owners = (name.rpartition(".")[0] for name in parameters)
    return [f"{name} ({type(modules[name]).__name__})" for name in dict.fromkeys(owners)]
