"""Augmentation as strong as a discriminator's memory of its few images asks for."""

from typing import Annotated

import torch
from pydantic import Field, PositiveInt
from torch import Tensor

from sparring.adversary import Memory
from sparring.augment.images import ImageAugmentation
from sparring.augment.pipeline import Groups, transform
from sparring.game import Losses
from sparring.spec import Count


class ADA(ImageAugmentation):
    """Adaptive discriminator augmentation, for training on little data (Karras et al. 2020).

    Transforms as of `Pipeline`, each with a probability p that is adapted: every `every` steps, r = E[sign D(x)] over
    the real images x of these steps is compared with `target`, and p goes up where r is above it, which says that the
    discriminator overfits, and down where not; so fast that it comes from 0 to 1 in `images` images (their sec. 3).
    p begins at 0 and is saved with the run. The log has p as `augmentation` and r as `sign_real`.

    r means something for losses whose scores part real from generated at 0: minimax, non-saturating, hinge.
    """

    groups: Groups = "bgc"
    target: Annotated[float, Field(gt=-1, lt=1)] = 0.6
    every: PositiveInt = 4
    images: Annotated[Count, Field(gt=0)] = 500_000

    def memory(self) -> Memory:
        """Returns p, and the sum and the count of the signs since `step`, when it was last adapted."""
        return {
            "probability": torch.zeros(()),
            "signs": torch.zeros(()),
            "count": torch.zeros(()),
            "step": torch.zeros((), dtype=torch.int64),
        }

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        """Returns `samples` as before the first step."""
        return self.recall(self.memory(), samples, random, images)

    def recall(self, memory: Memory, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        return transform(samples, self.groups, random, memory["probability"].to(samples.device))

    def update(self, memory: Memory, scores: Tensor, step: int) -> Losses:
        """Counts the signs of `scores` [N, 1] of real images; before the first of each `every`-th step it adapts p."""
        if step % self.every == 0:
            self._adapt(memory, step)
        memory["signs"] += scores.detach().sign().sum()
        memory["count"] += len(scores)
        return {"augmentation": memory["probability"].clone(), "sign_real": memory["signs"] / memory["count"]}

    def _adapt(self, memory: Memory, step: int) -> None:
        """Moves p and begins to count anew, unless an earlier part of the same step did: without asking the device."""
        due = (memory["step"] != step).float()
        way = (memory["signs"] - self.target * memory["count"]).sign() * memory["count"] / self.images
        memory["probability"].add_(due * way).clamp_(0, 1)
        memory["signs"] *= 1 - due
        memory["count"] *= 1 - due
        memory["step"].fill_(step)
