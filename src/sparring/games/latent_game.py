"""Games whose generator makes samples from latents of a prior."""

import torch
from torch import Tensor

from sparring.adversary import Adversary, GeneratedBatch
from sparring.game import Batch, Game
from sparring.latents import CodedPrior, Prior
from sparring.network import Network


class LatentGame(Game):
    """A game that makes samples from latents; a subclass sets `prior`, `generator` and `adversary`."""

    prior: Prior | CodedPrior
    generator: Network
    adversary: Adversary

    def draw(self, count: int, random: torch.Generator, condition: Tensor | None = None) -> Tensor:
        latents = self.draw_latents(count, random)
        return self.render(latents, self.condition.draw(count, random) if condition is None else condition)

    def draw_latents(self, count: int, random: torch.Generator) -> Tensor:
        return self.prior.draw(count, random)

    def render(self, latents: Tensor, condition: Tensor | None = None) -> Tensor:
        samples: Tensor = self.generator(latents, condition)
        return samples

    def fake(self, batch: Batch) -> GeneratedBatch:
        """Returns as many generated samples as the batch has real ones, under the same conditions."""
        condition = batch.condition if self.condition else None
        latents = self.draw_latents(len(batch.real), batch.random)
        return GeneratedBatch.from_latents(lambda z: self.generator(z, condition), latents, condition)

    @property
    def spherical(self) -> bool:
        return self.prior.spherical
