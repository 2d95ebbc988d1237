"""Consensus optimization: every team also makes all teams' gradients small."""

import torch
from pydantic import NonNegativeFloat
from torch import Tensor

from sparring.errors import SpecError
from sparring.game import Batch, Losses
from sparring.games.wrapping import Wrapper, gradients, in_float32, total
from sparring.network import Condition, Shape


class Consensus(Wrapper):
    """The game `of`, to each of whose teams' losses ½ `weight` ‖v‖² is added (Mescheder et al. 2017, eq. 9).

    v = (∂L_1/∂w_1, ∂L_2/∂w_2, …) holds the gradients of all teams' losses by their own weights. Where players circle
    about an equilibrium, the eigenvalues of v's Jacobian J lie near the imaginary axis and descent converges for tiny
    learning rates only, or none; the added gradient ½ ∇‖v‖² = Jᵀv pulls them to the stable side. Each team
    differentiates the norm by its own weights only: together the teams descend it.

    All losses in v see the batch of the move and the same random numbers; with `training.accumulation` v is that of a
    micro-batch. The move is computed in float32. Logged as `consensus` with the losses. The wrapped game's fields
    are under `of`:

        spar train ring game.kind=Consensus weight=0.1 of.generator.width=64
        spar train ring game.kind=Consensus 'order=[[discriminator, generator]]'      (algorithm 2: all at once)
    """

    class Spec(Wrapper.Spec):
        """The game, and how much the norm of the gradients counts; `weight` is the paper's γ."""

        weight: NonNegativeFloat = 1.0

        def changes(self, team: str) -> bool:
            return self.weight > 0

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        if any(isinstance(inner, Consensus) for inner in self.of.modules()):
            raise SpecError("game.of: there is a Consensus within it already; add up the weights in one")

    def minimise(self, team: str, batch: Batch) -> Losses:
        """Returns the team's losses in the wrapped game, and `consensus`."""
        with in_float32(batch):
            field: list[Tensor] = []
            for other in self.of.teams:
                if other.name != team:
                    weights = self.weights_of(other.name)
                    field += gradients(self.rehearse(other.name, batch, weights), weights.values())
            losses = self.perform(team, batch)
            field += gradients(total(losses), self.weights_of(team).values())
            norm = torch.stack([gradient.square().sum() for gradient in field]).sum()
            return {**losses, "consensus": self.spec.weight / 2 * norm}
