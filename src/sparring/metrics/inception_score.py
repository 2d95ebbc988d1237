"""The inception score: a classifier's confidence on each generated sample, and the diversity of its predictions."""

from itertools import pairwise
from math import log
from typing import ClassVar

import torch
from pydantic import PositiveInt
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.errors import MetricError
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features


def inception_score(logits: Tensor, splits: int = 10) -> tuple[float, float]:
    """Returns mean and standard deviation over `splits` of exp E KL(p(y|x) ‖ p(y)), of a classifier's `logits` [N, K].

    It is 1 where all predictions are alike, K where each is certain and all classes are equally frequent
    (Salimans et al. 2016, section 4). As published, the samples are split in order and the deviation is divided
    by the count of splits; a score grows with the samples per split, up to a limit, and with their classes: shuffle
    samples that are sorted by class. Real samples are not used.

    Everything is float64, and stable for logits of any size.

    Raises:
        MetricError: fewer samples than splits, no classes, or logits that are not finite.

    >>> certain = 1000.0 * torch.eye(4)
    >>> inception_score(certain, splits=1), inception_score(0 * certain, splits=1)
    ((4.0, 0.0), (1.0, 0.0))
    """
    if logits.ndim == 2 and not logits.shape[1]:
        raise MetricError(
            "IS: the backbone has no classes and therefore no logits; choose a classifier, such as Inception"
        )
    if splits < 1:
        raise MetricError(f"IS: splits={splits}; needs at least 1")
    check_features(f"IS in {splits} splits", splits, generated=logits)
    ends = [split * len(logits) // splits for split in range(splits + 1)]
    parts = (logits[start:end].detach().cpu().double() for start, end in pairwise(ends))
    scores = torch.stack([_score(part) for part in parts])
    return float(scores.mean()), float(scores.std(correction=0))


class IS(Metric):
    """The inception score of the generated samples alone (Salimans et al. 2016), as published of 50,000 in 10 splits.

    It measures the classifier's classes: for data of other classes it is meaningless (Barratt & Sharma 2018).
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"logits"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"IS": "higher"}

    splits: PositiveInt = 10

    @property
    def reference_needs(self) -> frozenset[Need]:
        """Nothing: real samples are not used."""
        return frozenset()

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the score, with its deviation between splits if there are several."""
        logits = inputs.fake.logits
        order = torch.randperm(len(logits), generator=torch.Generator().manual_seed(inputs.seed))
        score, deviation = inception_score(logits[order], self.splits)
        how = f"{inputs.fake.count} samples, shuffled, in {self.splits} splits"
        return (Value("IS", score, deviation if self.splits > 1 else None, how),)


def _score(logits: Tensor) -> Tensor:
    log_each = logits.log_softmax(1)
    log_marginal = log_each.logsumexp(0) - log(len(logits))
    return (log_each.exp() * (log_each - log_marginal)).sum(1).mean().exp()
