"""What to measure, through which networks, and of how many samples."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveInt

from sparring.backbones import Resizer
from sparring.data import Source
from sparring.errors import SpecError, nearest
from sparring.metrics import FD, KID, PRDC
from sparring.metrics.metric import Metric
from sparring.spec import Count, Spec

PositiveCount = Annotated[Count, Field(gt=0)]


class EvaluationPlan(Spec):
    """How `samples` (None: those that a model draws) are compared with a `reference` (None: a data set in memory).

    `count` samples are scored against as many of the reference, or all that it has, spread evenly over it;
    `reference_count` asks for another number. Images are seen through the `backbone`, with the weights that its
    name stands for or those in the file `weights`, resized by the `resizer`; distances of single images are those of
    the `perceptual` network, its weights found likewise. `seed` draws samples, subsets and pairs. `pictures` are drawn
    beside scores of features: samples nearest to the data, the most and least realistic, a map.
    """

    reference: Source | None = None
    samples: Source | None = None
    metrics: tuple[Metric, ...] = (FD(), KID(), PRDC())
    count: PositiveCount = 10_000
    reference_count: PositiveCount | None = None
    backbone: str = "lite0"
    weights: Path | None = None
    perceptual: str = "lite0"
    perceptual_weights: Path | None = None
    resizer: Resizer = "clean"
    batch: PositiveInt = 32
    seed: Annotated[int, Field(ge=0, lt=2**62)] = 0
    pictures: bool = True


def metrics_by_name(names: Iterable[str]) -> tuple[Metric, ...]:
    """Returns the metrics of those names, in any case, as they are by default.

    Raises:
        SpecError: no such metric.

    >>> metrics_by_name(["fd", "KID"])
    (FD(), KID(subsets=100, size=1000))
    """
    members = {kind.lower(): kind for kind in Metric.members}
    wanted = [name.strip().lower() for name in names if name.strip()]
    for name in wanted:
        if name in _SEEN_BY_INCEPTION:
            seen = f"{_SEEN_BY_INCEPTION[name]} seen by the original Inception: add --backbone inception"
            raise SpecError(f"metrics: {name} is {seen}")
        if name not in members:
            raise SpecError(f"metrics: there is no {name!r}{nearest(name, members)}")
    return tuple(Metric.members[members[name]].read({}) for name in wanted)  # type: ignore[misc]


_SEEN_BY_INCEPTION = {"fid": "fd", "mifid": "mifd", "sifid": "sifd"}
