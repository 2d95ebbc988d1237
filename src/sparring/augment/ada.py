"""The pipeline of ADA, with a fixed probability or as often as the discriminator's overfitting asks for."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar

import torch
from pydantic import AfterValidator, Field, PositiveInt
from torch import Tensor

from sparring.adversary import Memory, to_float32
from sparring.augment.colour import recolour_at_random
from sparring.augment.corruption import add_noise_at_random, cut_out_at_random
from sparring.augment.draws import Draws
from sparring.augment.filtering import filter_at_random
from sparring.augment.geometry import blit, warp_at_random
from sparring.augment.images import ImageAugmentation
from sparring.game import Losses
from sparring.spec import Count
from sparring.spec.schedule import Constant, ScheduledProbability

Change = Callable[[Tensor, Draws], Tensor]

_ORDER: tuple[tuple[str, Change], ...] = (
    ("b", blit),
    ("g", warp_at_random),
    ("c", recolour_at_random),
    ("f", filter_at_random),
    ("n", add_noise_at_random),
    ("c", cut_out_at_random),
)


def _check_groups(groups: str) -> str:
    if not groups or not re.fullmatch("b?g?c?f?n?c?", groups):
        raise ValueError(
            "needs some of b (pixel blitting), g (geometry), c (colour), f (filtering), n (noise), c (cutout), in this "
            "order, such as bgc or bgcfnc"
        )
    return groups


Groups = Annotated[str, AfterValidator(_check_groups)]
"""Groups of transforms in the letters of ADA's authors, from `b` to `bgcfnc`; `c` is colour, a final one cutout."""


class Pipeline(ImageAugmentation):
    """The transforms of ADA with a fixed or scheduled `probability`: `groups` of them, in their order.

    `b` mirrors, rotates by right angles and shifts by whole pixels; `g` scales, rotates, stretches and shifts by any
    amount; `c` changes brightness, contrast, lightness, hue and saturation; `f` amplifies octaves; `n` adds noise, and
    a final `c` cuts a rectangle out (Karras et al. 2020, appendix B). For p < 1 none of them leaks, in practice up to
    about 0.8 (their sec. 2.2). Colour transforms apply to images with one to four channels: gray, gray and opacity,
    RGB, RGBA.
    """

    stationary: ClassVar[bool] = True

    groups: Groups = "bgc"
    probability: ScheduledProbability = Constant(value=0.2)

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        return transform(samples, self.groups, random, self.probability.at(images))


def transform(samples: Tensor, groups: str, random: torch.Generator, probability: float | Tensor) -> Tensor:
    """Returns `samples` [N, C, H, W] after the transforms of `groups`, each with `probability`, in float32 inside."""
    with torch.autocast(samples.device.type, enabled=False):
        changed = to_float32(samples)
        draws = Draws(len(samples), random, changed, probability)
        for change in _choose(groups):
            changed = change(changed, draws)
        return changed.to(samples.dtype)


def _choose(groups: str) -> Iterator[Change]:
    """Yields the transforms of `groups`."""
    for name, change in _ORDER:
        if groups.startswith(name):
            groups = groups[1:]
            yield change


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
