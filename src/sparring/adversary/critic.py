"""Who scores samples: a discriminator told its condition, behind augmentations or not."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from sparring.game import Batch, Losses
from sparring.network import Network, Shape, couples_samples, input_gradient
from sparring.spec import Family

Side = Literal["real", "fake"]

Memory = dict[str, Tensor]
"""What a part of a game remembers from step to step, by name; it changes these tensors in place."""


class Critic:
    """Scores samples [N, ...] as [N, 1]: any function that does, or (`DiscriminatorCritic`) a discriminator.

    `joins` says that real and generated samples may be scored in one batch.
    """

    joins: bool = False

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        self.function = function

    def __call__(self, samples: Tensor) -> Tensor:
        """Returns scores [N, 1] of `samples`, in float32 at least."""
        return to_float32(self.function(samples))

    def look(self, samples: Tensor) -> Tensor:
        """Returns all that is said of `samples`, [N, 1 + K]: their scores, and what a `AuxiliaryCritic` tells beside."""
        return self(samples)

    def input_gradient(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Returns what `look` does, and the gradients of the scores by `samples`, differentiable in turn."""
        return input_gradient(self, samples)

    def features(self, samples: Tensor) -> Tensor:
        """Returns what the discriminator's last layer looks at, [N, F]; raises `SpecError` where it does not tell."""
        raise NotImplementedError

    def doubled(self) -> "Critic":
        """Returns the judge of a batch of twice the size, the same conditions in both halves."""
        return self

    def watch(self, scores: Tensor) -> None:
        """Learns of the `scores` [N, 1] that real samples have on the discriminator's move."""


class DiscriminatorCritic(Critic):
    """A discriminator that has been told its condition."""

    def __init__(self, network: Network, condition: Tensor | None = None, joins: bool | None = None) -> None:
        super().__init__(lambda samples: network(samples, condition))
        self.network, self.condition = network, condition
        self.joins = not couples_samples(network) if joins is None else joins

    def input_gradient(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        scores, slope = self.network.input_gradient(samples, self.condition)
        return to_float32(scores), slope

    def features(self, samples: Tensor) -> Tensor:
        return self.network.features(samples, self.condition)

    def doubled(self) -> "Critic":
        if self.condition is None:
            return self
        return DiscriminatorCritic(self.network, torch.cat((self.condition, self.condition)), self.joins)


class AuxiliaryCritic(DiscriminatorCritic):
    """A discriminator of whose outputs [N, 1 + K] the first is the score; the others tell something of the sample."""

    def __call__(self, samples: Tensor) -> Tensor:
        return self.look(samples)[:, :1]

    def look(self, samples: Tensor) -> Tensor:
        return to_float32(self.network(samples))

    def input_gradient(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        samples = samples if samples.requires_grad else samples.detach().requires_grad_(True)
        said = self.look(samples)
        (slope,) = torch.autograd.grad(said[:, 0].sum(), samples, create_graph=True)
        return said, slope


class Augmentation(Family):
    """A differentiable random transform of samples before they are judged, real and generated ones alike.

    `stationary` says that it depends on `images` through schedules among its fields alone: see `Game.capture_key`. One that
    adapts to what it sees has a `memory`, changes it in `watch` and transforms by it in `recall`.
    """

    stationary: ClassVar[bool] = False

    @abstractmethod
    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        """Returns `samples` [N, ...] transformed; `images` real ones have been shown before."""

    def memory(self) -> Memory:
        """Returns what it remembers before the first step; saved with the run."""
        return {}

    def recall(self, memory: Memory, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        """Returns what a call does, with what it remembers."""
        return self(samples, random, images)

    def watch(self, memory: Memory, scores: Tensor, step: int) -> Losses:
        """Learns of the `scores` [N, 1] that real samples have on the discriminator's move; returns what to observe."""
        return {}

    def check(self, sample: Shape) -> None:
        """Raises `ShapeError` where samples of shape `sample` cannot be transformed."""


Augmentations = tuple[Augmentation, ...]
"""Transforms, one after the other."""


class Augmenter(nn.Module):
    """The augmentations before a discriminator; what they remember are its buffers, so that it is saved with the game.

    Called with samples [N, ...] and their batch, it returns them transformed by one after the other.
    """

    def __init__(self, augmentations: Sequence[Augmentation] = ()) -> None:
        super().__init__()
        self.augmentations = tuple(augmentations)
        self._names = [tuple(augmentation.memory()) for augmentation in augmentations]
        for place, augmentation in enumerate(augmentations):
            for name, value in augmentation.memory().items():
                self.register_buffer(f"{name}_{place}", value)

    def forward(self, samples: Tensor, batch: Batch) -> Tensor:
        for place, augmentation in enumerate(self.augmentations):
            samples = augmentation.recall(self._memory(place), samples, batch.random, batch.images)
        return samples

    def watch(self, scores: Tensor, batch: Batch) -> None:
        """Tells each augmentation the `scores` [N, 1] of real samples, and `batch` what it observes."""
        for place, augmentation in enumerate(self.augmentations):
            batch.observe(**augmentation.watch(self._memory(place), scores.detach(), batch.step))

    def before(self, judge: Critic, batch: Batch) -> Critic:
        """Returns `judge` behind the augmentations, or itself where there are none."""
        return AugmentedCritic(judge, self, batch) if self.augmentations else judge

    def _memory(self, place: int) -> Memory:
        return {name: self.get_buffer(f"{name}_{place}") for name in self._names[place]}


class AugmentedCritic(Critic):
    """Scores samples after augmentations that are drawn anew each time.

    Gradients are those by the samples as they came, so that R1 and its like look through the augmentations.
    """

    def __init__(self, judge: Critic, augmenter: Augmenter, batch: Batch) -> None:
        super().__init__(lambda samples: judge(self._augment(samples)))
        self.judge, self.augmenter, self.batch = judge, augmenter, batch
        self.joins = judge.joins

    def look(self, samples: Tensor) -> Tensor:
        return self.judge.look(self._augment(samples))

    def input_gradient(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        samples = samples if samples.requires_grad else samples.detach().requires_grad_(True)
        augmented = self._augment(samples)
        scores, slopes = self.judge.input_gradient(augmented)
        (slope,) = torch.autograd.grad(augmented, samples, slopes, create_graph=True)
        return scores, slope

    def features(self, samples: Tensor) -> Tensor:
        return self.judge.features(self._augment(samples))

    def doubled(self) -> "Critic":
        return AugmentedCritic(self.judge.doubled(), self.augmenter, self.batch)

    def watch(self, scores: Tensor) -> None:
        self.augmenter.watch(scores, self.batch)

    def _augment(self, samples: Tensor) -> Tensor:
        augmented: Tensor = self.augmenter(samples, self.batch)
        return augmented


def to_float32(values: Tensor) -> Tensor:
    """Returns `values` in float32 at least: differences of scores need more than bfloat16's eight bits."""
    return values.to(torch.promote_types(values.dtype, torch.float32))
