"""The start of plain loops: a recipe's networks, numbers and data, and losses that all of them share."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus

from sparring.game import Game
from sparring.network import UNLABELLED
from sparring.penalties import R1
from sparring.recipes.schema import Recipe
from sparring.training.averages import Averages
from sparring.training.optimizers import Adam

Step = Callable[[], object]


@dataclass(frozen=True)
class Setting:
    """A recipe's game, for its networks and numbers only, and all of its data in memory."""

    recipe: Recipe
    game: Game
    samples: Tensor
    classes: Tensor

    @classmethod
    def of(cls, recipe: Recipe) -> "Setting":
        """Returns the setting of a recipe with class labels."""
        data = recipe.data.load()
        samples, classes = data.batch(np.arange(len(data)), torch.Generator())
        assert classes is not None
        return cls(recipe, recipe.game.build(data.shape, data.condition), samples, classes)

    @property
    def batch(self) -> int:
        """The number of samples in a step."""
        return self.recipe.training.batch

    def draw(self) -> tuple[Tensor, Tensor]:
        """Returns a batch of real samples and their classes."""
        chosen = torch.randint(len(self.samples), (self.batch,))
        return self.samples[chosen], self.classes[chosen]

    def optimizers(self) -> list[torch.optim.Adam]:
        """Returns an optimizer for each team, in the game's order."""
        built = []
        for team in self.game.teams:
            adam = self.recipe.training.optimizers[team.name]
            assert isinstance(adam, Adam)
            built.append(torch.optim.Adam(team.parameters(), adam.learning_rate, adam.betas))
        return built

    def follow(self) -> Step:
        """Returns a function that updates the recipe's averages, weight by weight."""
        averaged = Averages(self.game, self.recipe.training.averages).game
        pairs = [
            (mean, live)
            for one, other in zip(averaged.teams, self.game.teams, strict=True)
            if other.name in self.recipe.training.averages
            for name in other.players
            for mean, live in zip(_tensors(one.players[name]), _tensors(other.players[name]), strict=True)
        ]

        @torch.no_grad()
        def follow() -> None:
            for mean, live in pairs:
                if live.is_floating_point():
                    mean.lerp_(live, 0.01)
                else:
                    mean.copy_(live)

        return follow


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Takes a step of `optimizer` down `loss`."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def discriminator_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Returns the discriminator's non-saturating loss."""
    return softplus(-real).mean() + softplus(fake).mean()


def penalize(scores: Tensor, real: Tensor, penalties: tuple[R1, ...]) -> Tensor:
    """Returns R1, the game's only penalty, by PyTorch's double backward."""
    (penalty,) = penalties
    (gradient,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
    return penalty.weight / 2 * gradient.flatten(1).square().sum(1).mean()


def entropy(logits: Tensor, classes: Tensor) -> Tensor:
    """Returns the mean cross-entropy of the labelled samples."""
    known = classes != UNLABELLED
    return cross_entropy(logits[known], classes[known]) if known.any() else logits.sum() * 0
