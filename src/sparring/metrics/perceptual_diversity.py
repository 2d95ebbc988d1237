"""Diversity of a set: the mean perceptual distance of its samples."""

from collections.abc import Callable

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, SampleStatistics, Value
from sparring.metrics.statistics.accumulators import Mean
from sparring.metrics.statistics.images import check_images, random_pairs, signed


def perceptual_diversity(
    images: Tensor,
    distance: Callable[[Tensor, Tensor], Tensor],
    pairs: int = 1000,
    seed: int = 0,
    batch: int = 32,
) -> Mean:
    """Returns the mean distance of random pairs of different `images` [N, C, H, W], and its standard error.

    `distance` maps two batches of images in [-1, 1] to their distances [B]; `images` are uint8 or
    in [-1, 1]. The same `seed` gives the same pairs. (Zhu et al. 2017, BicycleGAN, sec. 5.2.)

    Raises:
        MetricError: fewer than two images, or not images.

    >>> images = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1)
    >>> perceptual_diversity(images, lambda one, other: (one - other).abs().mean((1, 2, 3)), pairs=5).value
    2.0
    """
    check_images("LPIPS", 2, given=images)
    mean = Mean()
    indices = random_pairs(torch.zeros(len(images)), pairs, seed)
    with torch.no_grad():
        for one, other in zip(*(torch.split(index, batch) for index in indices), strict=True):
            mean.update(distance(signed(images[one]), signed(images[other])))
    return mean


class LPIPS(Metric):
    """The mean perceptual distance of random pairs of generated samples, and that of real ones: diversity.

    Higher is more diverse, up to the real set's own value; noise and clutter exceed it. (Zhang et al. 2018 for
    the distance; Zhu et al. 2017 for its mean over pairs.)
    """

    needs = frozenset[Need]({"images", "perceptual"})
    directions = {"LPIPS": "real", "LPIPS-real": "real"}
    scope = "perceptual"

    pairs: PositiveInt = 1000

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the value of generated samples, and that of real ones."""
        check_images("LPIPS", 2, real=inputs.real.images, fake=inputs.fake.images)
        if inputs.perceptual is None:
            raise MetricError("LPIPS: there is no perceptual network; name one in `perceptual`")
        distance = inputs.perceptual

        def value(name: str, statistics: SampleStatistics) -> Value:
            mean = perceptual_diversity(statistics.images, distance, self.pairs, inputs.seed)
            return Value(name, mean.value, mean.error, f"standard error over {self.pairs} pairs")

        return value("LPIPS", inputs.fake), value("LPIPS-real", inputs.real)
