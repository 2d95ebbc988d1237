"""Transforms of samples before a discriminator, real and generated ones alike."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from sparring.adversary.memory import Memories, Memory
from sparring.game import Batch, Losses
from sparring.network import Shape
from sparring.spec import Family


class Augmentation(Family):
    """A differentiable random transform of samples before they are scored, real and generated ones alike.

    `stationary` promises that it depends on the step only through `images` and schedules among its fields: see
    `Game.capture_key`. An adaptive one has a `memory`, changes it in `update` and reads it in `recall`.
    """

    stationary: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        """Returns `samples` [N, ...] transformed, after training on `images` real images."""

    def memory(self) -> Memory:
        """Returns the initial state; it is saved in checkpoints."""
        return {}

    def recall(self, memory: Memory, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        """Returns `samples` [N, ...] transformed, given the state."""
        return self(samples, random, images)

    def update(self, memory: Memory, scores: Tensor, step: int) -> Losses:
        """Updates the state from the `scores` [N, 1] of real samples on the discriminator's move.

        Returns scalars for the log.
        """
        return {}

    def check(self, sample: Shape) -> None:
        """Raises `ShapeError` where samples of shape `sample` cannot be transformed."""


Augmentations = tuple[Augmentation, ...]
"""Transforms, one after the other."""


class Augmenter(Memories):
    """The augmentations before a discriminator, with their state."""

    def __init__(self, augmentations: Sequence[Augmentation] = ()) -> None:
        super().__init__(augmentations)
        self.augmentations = tuple(augmentations)

    def forward(self, samples: Tensor, batch: Batch) -> Tensor:
        """Returns `samples` [N, ...] transformed by one augmentation after the other."""
        for index, augmentation in enumerate(self.augmentations):
            samples = augmentation.recall(self.memory(index), samples, batch.random, batch.images)
        return samples

    def update(self, scores: Tensor, batch: Batch) -> None:
        """Updates each augmentation from the `scores` [N, 1] of real samples; `batch` observes what they report."""
        for index, augmentation in enumerate(self.augmentations):
            batch.observe(**augmentation.update(self.memory(index), scores.detach(), batch.step))
