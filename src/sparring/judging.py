"""Who scores samples: a discriminator told its condition, behind augmentations or not."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor

from sparring.game import Batch
from sparring.network import Network, Shape, couples_samples, slope_of
from sparring.spec import Family

Side = Literal["real", "fake"]


class Judge:
    """Scores samples [N, ...] as [N, 1]: any function that does, or (`NetworkJudge`) a discriminator.

    `joins` says that real and generated samples may be scored in one batch.
    """

    joins: bool = False

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function

    def __call__(self, samples: Tensor) -> Tensor:
        """Returns scores [N, 1] of `samples`, in float32 at least."""
        return in_full(self.function(samples))

    def slope(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the scores [N, 1] of `samples` and their gradients by these, differentiable in turn."""
        return slope_of(self, samples)

    def features(self, samples: Tensor) -> Tensor:
        """Returns what the discriminator's last layer looks at, [N, F]; raises `SpecError` where it does not tell."""
        raise NotImplementedError

    def doubled(self) -> "Judge":
        """Returns the judge of a batch of twice the size, the same conditions in both halves."""
        return self


class NetworkJudge(Judge):
    """A discriminator that has been told its condition."""

    def __init__(self, network: Network, condition: Tensor | None = None, joins: bool | None = None) -> None:
        super().__init__(lambda samples: network(samples, condition))
        self.network, self.condition = network, condition
        self.joins = not couples_samples(network) if joins is None else joins

    def slope(self, samples: Tensor) -> tuple[Tensor, Tensor]:  # noqa: D102
        scores, slope = self.network.slope(samples, self.condition)
        return in_full(scores), slope

    def features(self, samples: Tensor) -> Tensor:  # noqa: D102
        return self.network.features(samples, self.condition)

    def doubled(self) -> "Judge":  # noqa: D102
        if self.condition is None:
            return self
        return NetworkJudge(self.network, torch.cat((self.condition, self.condition)), self.joins)


class Augmentation(Family):
    """A differentiable random transform of samples before they are judged, real and generated ones alike.

    `steady` says that it depends on `images` through schedules among its fields alone: see `Game.variant`.
    """

    steady: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        """Returns `samples` [N, ...] transformed; `images` real ones have been shown before."""

    def check(self, sample: Shape) -> None:
        """Raises `ShapeError` where samples of shape `sample` cannot be transformed."""


Augmentations = tuple[Augmentation, ...]
"""Transforms, one after the other."""


class AugmentedJudge(Judge):
    """Scores samples after `augmentations` that are drawn anew each time.

    Gradients are those by the samples as they came, so that R1 and its like look through the augmentations.
    """

    def __init__(self, judge: Judge, augmentations: Sequence[Augmentation], batch: Batch) -> None:
        super().__init__(lambda samples: judge(self._augment(samples)))
        self.judge, self.augmentations, self.batch = judge, augmentations, batch
        self.joins = judge.joins

    def slope(self, samples: Tensor) -> tuple[Tensor, Tensor]:  # noqa: D102
        samples = samples if samples.requires_grad else samples.detach().requires_grad_(True)
        augmented = self._augment(samples)
        scores, slopes = self.judge.slope(augmented)
        (slope,) = torch.autograd.grad(augmented, samples, slopes, create_graph=True)
        return scores, slope

    def features(self, samples: Tensor) -> Tensor:  # noqa: D102
        return self.judge.features(self._augment(samples))

    def doubled(self) -> "Judge":  # noqa: D102
        return AugmentedJudge(self.judge.doubled(), self.augmentations, self.batch)

    def _augment(self, samples: Tensor) -> Tensor:
        for augmentation in self.augmentations:
            samples = augmentation(samples, self.batch.random, self.batch.images)
        return samples


def in_full(values: Tensor) -> Tensor:
    """Returns `values` in float32 at least: differences of scores need more than bfloat16's eight bits."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
