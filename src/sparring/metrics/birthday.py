"""The birthday test: estimates a generator's support from how soon two of its samples are near copies."""

from dataclasses import dataclass
from math import log
from typing import ClassVar

import torch
from pydantic import Field
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.statistics.neighbours import check_neighbours, nearest_others, squared_distances_within

_ORDERS = 1000
"""Random orders of the samples, to find the batch size at which half of the batches have a collision."""

_ENOUGH = 20_000
"""Collisions after which the search ends: the estimate is then accurate to a percent."""

_DOUBT = 0.05


@dataclass(frozen=True)
class Collisions:
    """The result of a birthday test of `samples`: `pairs` of near copies.

    `batch` is the size at which half of the batches contain a pair, None if there is no pair.
    """

    samples: int
    pairs: int
    batch: int | None

    @property
    def support(self) -> float:
        """The number of equally likely samples that collide as often: s (s - 1) / (2 ln 2) for a batch of s.

        Without any collision it is a lower bound: fewer would collide with a probability of 95 %, by
        P(no collision) ≤ exp(-M (M - 1) / 2n) for n equally likely samples.
        """
        if self.batch is None:
            return self.samples * (self.samples - 1) / (-2 * log(_DOUBT))
        return self.batch * (self.batch - 1) / (2 * log(2))


def near_copy_distance(real: Tensor, quantile: float = 0.01) -> float:
    """Returns the distance below which two samples count as near copies, from `real` samples [N, d].

    It is the `quantile` of the distances from each real sample to its nearest other: at .01, the default, one real
    sample in a hundred has another within it. If as many have exact copies it is 0, and only copies collide. It
    decreases with the number of real samples: compare at equal counts.

    Raises:
        MetricError: fewer than 2 samples, numbers that are not finite, or a quantile outside [0, 1].
    """
    if not 0 <= quantile <= 1:
        raise MetricError(f"near copies: got quantile {quantile}; needs 0 to 1")
    check_neighbours("near copies", 1, real=real)
    squares = nearest_others(real, 1)[:, 0].double()
    return float(squares.quantile(quantile, interpolation="lower").sqrt())


def birthday_test(fake: Tensor, distance: float, seed: int = 0) -> Collisions:
    """Returns how soon two of `fake` [M, d] lie within `distance` of each other (Arora & Zhang 2017).

    If half of the batches of s samples contain two near copies, the generator has about s (s - 1) / (2 ln 2) different
    samples, by the birthday paradox. If some are likelier than others they collide sooner, and the estimate applies to
    those: the whole support may be larger.

    In the paper a person decides whether near pairs of images are copies; here the distance of their features does. The
    paper generates every batch; here batches are subsets of the M samples, in random orders: s is the median position
    of the first collision. For a generator with very many collisions fewer samples are used.

    Raises:
        MetricError: fewer than 2 samples, numbers that are not finite, or a distance below 0.

    >>> birthday_test(torch.tensor([[0.0], [0.1], [5.0], [9.0]]), distance=0.2).pairs
    1
    """
    if not distance >= 0:
        raise MetricError(f"birthday test: got distance {distance}; needs at least 0")
    check_features("birthday test", 2, fake=fake)
    random = torch.Generator().manual_seed(seed)
    # In a random order every prefix is a fair sample.
    shuffled = fake[torch.randperm(len(fake), generator=random).to(fake.device)]
    samples, pairs = _collisions(shuffled, distance)
    if not pairs.numel():
        return Collisions(samples, 0, None)
    one, other = pairs
    completed = [_first(torch.randperm(samples, generator=random), one, other) for _ in range(_ORDERS)]
    return Collisions(samples, pairs.shape[1], int(torch.stack(completed).median()))


class Birthday(Metric):
    """The number of different samples of the generator, by the birthday test (Arora & Zhang 2017).

    Near copies are pairs of generated samples that are nearer to each other than all but the `quantile` of real
    samples are to their nearest others. A generator as diverse as N real samples without copies reaches about
    N / quantile at any count of its own: that is how often two of those are near copies. A small `quantile` needs
    large sets.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"support": "higher"}

    quantile: float = Field(0.01, ge=0, le=1)

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the size of the support, or a lower bound if no two samples collide."""
        distance = near_copy_distance(inputs.real.features, self.quantile)
        collisions = birthday_test(inputs.fake.features, distance, inputs.seed)
        pairs, samples, batch = collisions.pairs, collisions.samples, collisions.batch
        how = f"{pairs} near copies among {samples} samples; in half of the batches of {batch}"
        if collisions.batch is None:
            how = f"a lower bound at 95 %: no near copies among {samples} samples"
        return (Value("support", collisions.support, how=how),)


def _collisions(samples: Tensor, distance: float) -> tuple[int, Tensor]:
    """Returns the length of the searched prefix of `samples`, and all its colliding pairs, int64 [2, C]."""
    parts: list[Tensor] = []
    count, searched = 0, 0
    for tile in squared_distances_within(samples):
        if count > _ENOUGH and tile.rows.start >= searched:
            break
        later, earlier = (tile.squares <= distance**2).nonzero().cpu().T
        pairs = torch.stack((later + tile.rows.start, earlier + tile.columns.start))
        parts.append(pairs[:, pairs[0] > pairs[1]])
        count, searched = count + parts[-1].shape[1], tile.rows.stop
    pairs = torch.cat(parts, 1)
    if count > _ENOUGH:
        searched = int(pairs[0].sort().values[_ENOUGH])
    return searched, pairs[:, pairs[0] < searched]


def _first(order: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Returns the size of the first batch, in `order`, that contains both of a pair."""
    return torch.maximum(order[one], order[other]).min() + 1
