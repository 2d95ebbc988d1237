"""DiffAugment's three simple transforms."""

from typing import Annotated, ClassVar, Literal

import torch
from pydantic import AfterValidator
from torch import Tensor

from sparring.adversary import to_float32
from sparring.augment.colour import count_colours
from sparring.augment.corruption import cut_out
from sparring.augment.draws import Draws
from sparring.augment.images import ImageAugmentation

Policy = Literal["color", "translation", "cutout"]


def _check_policy(policy: tuple[Policy, ...]) -> tuple[Policy, ...]:
    if not policy or len(set(policy)) < len(policy):
        raise ValueError("needs one or more of color, translation and cutout, each at most once")
    return policy


class DiffAugment(ImageAugmentation):
    """Differentiable augmentation (Zhao et al. 2020, sec. 3.3): the transforms of `policy`, in its order, always.

    `color` changes brightness by up to ±0.5, then saturation by a factor in [0, 2) and contrast by one in [0.5, 1.5);
    `translation` shifts by whole pixels up to 1/8 of each side and fills with zeros; `cutout` sets a rectangle half as
    high and wide to zero. `color` keeps the opacity channel, and images with more than four channels.
    """

    stationary: ClassVar[bool] = True

    policy: Annotated[tuple[Policy, ...], AfterValidator(_check_policy)] = ("color", "translation", "cutout")

    def __call__(self, samples: Tensor, random: torch.Generator, images: int) -> Tensor:
        with torch.autocast(samples.device.type, enabled=False):
            changed = to_float32(samples)
            draws = Draws(len(samples), random, changed)
            for name in self.policy:
                changed = _TRANSFORMS[name](changed, draws)
            return changed.to(samples.dtype)


def jitter_colours(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] with brightness, saturation and contrast changed."""
    count = count_colours(samples)
    if count == 0:
        return samples
    brightness, saturation, contrast = draws.uniform(-0.5, 0.5), draws.uniform(0, 2), draws.uniform(0.5, 1.5)
    colours = samples[:, :count] + _wide(brightness)
    colours = torch.lerp(colours.mean(1, keepdim=True), colours, _wide(saturation))
    colours = torch.lerp(colours.mean((1, 2, 3), keepdim=True), colours, _wide(contrast))
    return torch.cat((colours, samples[:, count:]), 1)


def shift_pixels(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] shifted by whole pixels, up to 1/8 of each side, rounded, and filled with zeros."""
    for axis in (2, 3):
        side = samples.shape[axis]
        most = int(side / 8 + 0.5)
        sources = torch.arange(side, device=samples.device) - (draws.whole(2 * most + 1) - most)[:, None]
        within = (sources >= 0) & (sources < side)
        sources, within = (_along(values, axis) for values in (sources.clamp(0, side - 1), within))
        samples = samples.gather(axis, sources.expand_as(samples)).masked_fill(~within, 0)
    return samples


def cut_out_half(samples: Tensor, draws: Draws) -> Tensor:
    """Returns images [N, C, H, W] with a rectangle half as high and as wide set to 0, centred anywhere in them."""
    down, right = (_sample_centre(side, draws) for side in samples.shape[2:])
    return cut_out(samples, down, right, torch.full_like(down, 0.5))


def _sample_centre(side: int, draws: Draws) -> Tensor:
    """Returns centres [N] in [0, 1], on pixels or between them, around which half of `side` is whole pixels."""
    between = int(side / 2 + 0.5) % 2 == 0
    return draws.whole(side + 1) / side if between else (draws.whole(side) + 0.5) / side


_TRANSFORMS = {"color": jitter_colours, "translation": shift_pixels, "cutout": cut_out_half}


def _wide(values: Tensor) -> Tensor:
    return values[:, None, None, None]


def _along(values: Tensor, axis: int) -> Tensor:
    """Returns `values` [N, side] as [N, 1, side, 1] or [N, 1, 1, side]."""
    return values[:, None, :, None] if axis == 2 else values[:, None, None, :]
