"""The birthday test: how many different samples a generator has, by how soon two of its samples are near copies."""

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
"""Random orders in which the samples are drawn, to find the batch of which half have a collision."""

_ENOUGH = 20_000
"""Collisions after which no further samples are looked at: their count is known to a percent."""

_DOUBT = 0.05


@dataclass(frozen=True)
class Collisions:
    """What a birthday test of `samples` found: `pairs` of them were near copies.

    `batch` is the size of which half of the batches hold a pair, None where there was none.
    """

    samples: int
    pairs: int
    batch: int | None

    @property
    def support(self) -> float:
        """How many equally likely samples would collide as often: s (s - 1) / (2 ln 2) for a batch of s.

        Without any collision it is a lower bound: fewer would have collided with a probability of 95 %, by
        P(no collision) ≤ exp(-M (M - 1) / 2n) for n equally likely samples.
        """
        if self.batch is None:
            return self.samples * (self.samples - 1) / (-2 * log(_DOUBT))
        return self.batch * (self.batch - 1) / (2 * log(2))


def near_copy_distance(real: Tensor, quantile: float = 0.01) -> float:
    """Returns a distance at which two samples count as near copies: few of the `real` ones [N, d] come so near.

    It is the `quantile` of the distances from each real sample to its nearest other: at .01, the default, one real
    sample in a hundred has another within it. Where as many have exact copies it is 0, and only copies collide. It
    falls as the real samples become more: compare at equal counts.

    Raises:
        MetricError: fewer than 2 samples, numbers that are not finite, or a quantile outside of 0 to 1.
    """
    if not 0 <= quantile <= 1:
        raise MetricError(f"near copies: got quantile {quantile}; needs 0 to 1")
    check_neighbours("near copies", 1, real=real)
    squares = nearest_others(real, 1)[:, 0].double()
    return float(squares.quantile(quantile, interpolation="lower").sqrt())


def birthday_test(fake: Tensor, distance: float, seed: int = 0) -> Collisions:
    """Returns how soon two of `fake` [M, d] lie within `distance` of each other (Arora & Zhang 2017).

    Draw batches of s samples: if half of them hold two near copies, the generator makes about s (s - 1) / (2 ln 2)
    different samples, by the birthday paradox. Where some are likelier than others they collide sooner, and the
    estimate speaks of those: the whole support may be larger.

    The paper asks a person whether near pairs of images are copies; here the distance of their features decides. Its
    batches are drawn of the generator, here of the M samples, in random orders: s is the median place at
    which the first collision is complete. Of a generator with very many collisions fewer samples will do.

    Raises:
        MetricError: fewer than 2 samples, numbers that are not finite, or a distance below 0.

    >>> birthday_test(torch.tensor([[0.0], [0.1], [5.0], [9.0]]), distance=0.2).pairs
    1
    """
    if not distance >= 0:
        raise MetricError(f"birthday test: got distance {distance}; needs at least 0")
    check_features("birthday test", 2, fake=fake)
    random = torch.Generator().manual_seed(seed)
    # In a random order any beginning is a fair sample.
    shuffled = fake[torch.randperm(len(fake), generator=random).to(fake.device)]
    samples, pairs = _collisions(shuffled, distance)
    if not pairs.numel():
        return Collisions(samples, 0, None)
    one, other = pairs
    completed = [_first(torch.randperm(samples, generator=random), one, other) for _ in range(_ORDERS)]
    return Collisions(samples, pairs.shape[1], int(torch.stack(completed).median()))


class Birthday(Metric):
    """How many different samples the generator makes, by the birthday test (Arora & Zhang 2017).

    Near copies are pairs of generated samples that are nearer than all but the `quantile` of real samples are to
    their nearest others. A generator as varied as N real samples without copies reaches about N / quantile, whatever
    its own count, as that is how often two of those are near copies. Small `quantile`s need large sets.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"support": "higher"}

    quantile: float = Field(0.01, ge=0, le=1)

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the size of the support, or a lower bound of it where no two samples collided."""
        distance = near_copy_distance(inputs.real.features, self.quantile)
        found = birthday_test(inputs.fake.features, distance, inputs.seed)
        how = f"{found.pairs} near copies among {found.samples} samples; in half of the batches of {found.batch}"
        if found.batch is None:
            how = f"a lower bound at 95 %: no near copies among {found.samples} samples"
        return (Value("support", found.support, how=how),)


def _collisions(samples: Tensor, distance: float) -> tuple[int, Tensor]:
    """Returns how many of `samples` were looked at, from the first on, and all their colliding pairs, int64 [2, C]."""
    found: list[Tensor] = []
    count, looked = 0, 0
    for tile in squared_distances_within(samples):
        if count > _ENOUGH and tile.rows.start >= looked:
            break
        later, earlier = (tile.squares <= distance**2).nonzero().cpu().T
        pairs = torch.stack((later + tile.rows.start, earlier + tile.columns.start))
        found.append(pairs[:, pairs[0] > pairs[1]])
        count, looked = count + found[-1].shape[1], tile.rows.stop
    pairs = torch.cat(found, 1)
    if count > _ENOUGH:
        looked = int(pairs[0].sort().values[_ENOUGH])
    return looked, pairs[:, pairs[0] < looked]


def _first(order: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """Returns the size of the batch, drawn in `order`, that first holds both of a pair."""
    return torch.maximum(order[one], order[other]).min() + 1
