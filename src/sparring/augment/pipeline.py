"""Random transforms in a fixed order, each with the same probability."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, ClassVar

import torch
from pydantic import AfterValidator
from torch import Tensor

from sparring.adversary import to_float32
from sparring.augment.blitting import blit
from sparring.augment.colour import recolour_at_random
from sparring.augment.corruption import add_noise_at_random, cut_out_at_random
from sparring.augment.draws import Draws
from sparring.augment.filtering import filter_at_random
from sparring.augment.images import ImageAugmentation
from sparring.augment.warping import warp_at_random
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
