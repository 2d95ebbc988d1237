"""Augmentation with a strength that adapts to the discriminator's overfitting."""

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

    The transforms of `Pipeline`, each with an adaptive probability p. Every `every` steps, r = E[sign D(x)] over
    the real images x of these steps is compared with `target`: p rises if r is above it, a sign of overfitting, and
    falls otherwise, by a rate that takes it from 0 to 1 in `images` images (their sec. 3). p starts at 0 and is saved
    with the run. The log has p as `augmentation` and r as `sign_real`.

    r needs a loss whose scores separate real from generated samples at 0: minimax, non-saturating, hinge.
    """

    groups: Groups = "bgc"
    target: Annotated[float, Field(gt=-1, lt=1)] = 0.6
    every: PositiveInt = 4
    images: Annotated[Count, Field(gt=0)] = 500_000

    def memory(self) -> Memory:
        """Returns p, and the sum and the count of the signs since `step`, its last adaptation."""
        return {
            "probability": torch.zeros(()),
            "signs": torch.zeros(()),
            "count": torch.zeros(()),
            "step": torch.zeros((), dtype=torch.int64),
        }

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        """Returns `samples` transformed with the initial state."""
        return self.recall(self.memory(), samples, random, images)

    def recall(self, memory: Memory, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        return transform(samples, self.groups, random, memory["probability"].to(samples.device))

    def update(self, memory: Memory, scores: Tensor, step: int) -> Losses:
        """Counts the signs of the `scores` [N, 1] of real images; at each `every`-th step it adapts p first."""
        if step % self.every == 0:
            self._adapt(memory, step)
        memory["signs"] += scores.detach().sign().sum()
        memory["count"] += len(scores)
        return {"augmentation": memory["probability"].clone(), "sign_real": memory["signs"] / memory["count"]}

    def _adapt(self, memory: Memory, step: int) -> None:
        """Moves p and resets the counts, once in a step of several micro-batches, without a device sync."""
        due = (memory["step"] != step).float()
        change = (memory["signs"] - self.target * memory["count"]).sign() * memory["count"] / self.images
        memory["probability"].add_(due * change).clamp_(0, 1)
        memory["signs"] *= 1 - due
        memory["count"] *= 1 - due
        memory["step"].fill_(step)
