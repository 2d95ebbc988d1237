"""Progressive growing: a GAN on small images, then on larger ones, whose networks grow with them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, TypeVar

import torch
from pydantic import Field, PositiveFloat, PositiveInt
from torch import Tensor
from torch.nn.functional import interpolate

from sparring.errors import SpecError
from sparring.game import Batch, Losses
from sparring.game.stage import Stage
from sparring.games.gan import GAN
from sparring.layers.fading import halve
from sparring.layers.grids import Size, plan_doublings
from sparring.network import Condition, Network, Shape
from sparring.network.growing import ProgressiveNetwork
from sparring.networks import ProgressiveDiscriminator, ProgressiveGenerator

Number = TypeVar("Number", int, float)


class Progressive(GAN):
    """The GAN of 2014 as a pyramid (Karras et al. 2018, sec. 2): each stage has images twice as large as the last.

    A stage's new layers fade in: their share `alpha` of what the networks make and see goes from 0 to 1, and that of
    the real images' finer half with it (appendix A.1, fig. 2).
    """

    class Spec(GAN.Spec):
        """The players, the rules, and the growth.

        The shorter side of the first stage's images is `smallest` to twice that. `fade` is the share of a later stage
        in which its layers fade in; all stages show equally many images, but for the first, which has nothing to fade
        in. `batches` maps the shorter side from which a batch size holds to that size; below, it is the training's.
        `rates` maps sides to the factor of learning rates in the same way; below, it is 1.
        """

        generator: Network.Spec = ProgressiveGenerator.Spec()
        discriminator: Network.Spec = ProgressiveDiscriminator.Spec()
        smallest: Annotated[int, Field(ge=4)] = 4
        fade: Annotated[float, Field(ge=0, lt=1)] = 0.5
        batches: dict[int, PositiveInt] = {}
        rates: dict[int, PositiveFloat] = {}

        def stages(self, sample: Shape, images: int, batch: int) -> tuple[Stage, ...]:
            if len(sample) != 3:
                raise SpecError(f"game: {self.kind()} grows on images (C, H, W); the data's samples are {sample}")
            sizes = plan_doublings((sample[1], sample[2]), self.smallest)
            whole = len(sizes) - self.fade
            ends = [round(images * (level + 1 - self.fade) / whole) for level in range(len(sizes))]
            return tuple(
                Stage((sample[0], *size), begin, end, _at(size, self.batches, batch), _at(size, self.rates, 1.0))
                for size, begin, end in zip(sizes, [0, *ends], ends, strict=False)
            )

    spec: Spec

    def __init__(self, spec: Spec, sample: Shape, condition: Condition) -> None:
        super().__init__(spec, sample, condition)
        self._growing = [
            player for player in (self.generator, self.discriminator) if isinstance(player, ProgressiveNetwork)
        ]
        if len(self._growing) < 2:
            raise SpecError(
                f"game: {spec.kind()} needs networks that grow, such as ProgressiveGenerator, StyleGANGenerator and "
                f"ProgressiveDiscriminator; got {spec.generator.kind()} and {spec.discriminator.kind()}"
            )
        self._begin, self._fading = 0, 0.0

    def on_stage_start(self, stage: Stage) -> None:
        self._begin = stage.begin
        self._fading = self.spec.fade * (stage.end - stage.begin) if stage.begin else 0.0

    def discriminate(self, batch: Batch) -> Losses:
        return super().discriminate(self._blend(batch))

    def generate(self, batch: Batch) -> Losses:
        return super().generate(self._blend(batch))

    def _blend(self, batch: Batch) -> Batch:
        """Sets alpha of the networks; returns the batch with real images faded alike."""
        alpha = min(max(batch.images - self._begin, 0) / self._fading, 1.0) if self._fading else 1.0
        for player in self._growing:
            player.alpha.fill_(alpha)
        batch.observe(alpha=torch.tensor(alpha))
        return batch if alpha == 1 else replace(batch, real=coarsened(batch.real, alpha))


def coarsened(images: Tensor, share: float) -> Tensor:
    """Returns `images` [N, C, H, W] of which only a `share` of what they lose at half the size is left."""
    return torch.lerp(interpolate(halve(images), images.shape[2:]), images, share)


def _at(size: Size, values: Mapping[int, Number], default: Number) -> Number:
    """Returns the value of the largest side in `values` that images of `size` reach, else `default`."""
    reached = [side for side in values if side <= min(size)]
    return values[max(reached)] if reached else default
