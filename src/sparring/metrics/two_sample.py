"""Two-sample tests: can a classifier distinguish generated samples from real ones?"""

from dataclasses import dataclass
from math import erfc, sqrt
from typing import ClassVar

import torch
from torch import Tensor

from sparring.direction import ScoreDirection
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.precision_recall import standard_error
from sparring.metrics.statistics.linear_classifier import fit_and_predict
from sparring.metrics.statistics.neighbours import nearest_others, squared_distances

_LEAST = 10  # of each set; with fewer, the normal approximation says nothing


@dataclass(frozen=True)
class ClassifierTest:
    """A classifier's accuracy on `held_out` samples, and `p`: the probability of that accuracy or more by chance."""

    accuracy: float
    p: float
    held_out: int


@dataclass(frozen=True)
class NeighbourTest:
    """The shares of the `real` and of the `fake` samples whose nearest other sample is from their own set.

    Real near 1 and fake near 0: the generator has collapsed to the middle of the data. Both near 1: the sets are
    separate. Both near 0: copies.
    """

    real: float
    fake: float

    @property
    def accuracy(self) -> float:
        """The share over both sets: .5 if they are indistinguishable."""
        return (self.real + self.fake) / 2


def classifier_test(real: Tensor, fake: Tensor, seed: int = 0) -> ClassifierTest:
    """Returns how well a linear classifier distinguishes `fake` [M, d] from `real` [N, d] (Lopez-Paz & Oquab 2017).

    Both sets are subsampled by `seed` to the size of the smaller one. Half of the samples fit a logistic regression on
    standardised features, the n others test it. For sets of one distribution its accuracy is about N(1/2, 1 / 4n)
    (section 3.1), which gives the one-sided p-value.

    Raises:
        MetricError: a set has fewer than 10 samples, numbers that are not finite, or a different d.
        MissingExtraError: scikit-learn is not installed.
    """
    check_features("C2ST", _LEAST, real=real, fake=fake)
    real, fake = _balanced(real, fake, seed)
    half = len(real) // 2
    fitting = torch.cat((real[:half], fake[:half]))
    unseen = torch.cat((real[half:], fake[half:]))
    guesses = fit_and_predict(fitting, torch.arange(2).repeat_interleave(half), unseen)
    accuracy = float((guesses == torch.arange(2).repeat_interleave(len(real) - half)).double().mean())
    deviations = (accuracy - 0.5) * 2 * sqrt(len(unseen))
    return ClassifierTest(accuracy, erfc(deviations / sqrt(2)) / 2, len(unseen))


def neighbour_test(real: Tensor, fake: Tensor, seed: int = 0) -> NeighbourTest:
    """Returns the leave-one-out accuracy of nearest-neighbour classification of `fake` [M, d] and `real` [N, d].

    Both sets are subsampled by `seed` to the size of the smaller one, since the larger would be nearer by its count
    alone (Xu et al. 2018, section 3.1). A sample equally near to both sets counts half.

    Raises:
        MetricError: a set has fewer than 2 samples, numbers that are not finite, or a different d.

    >>> real = torch.tensor([[0.0], [1.0], [5.0], [6.0]])
    >>> neighbour_test(real, real + 100), neighbour_test(real, real + 0.1)
    (NeighbourTest(real=1.0, fake=1.0), NeighbourTest(real=0.0, fake=0.0))
    """
    check_features("1-NNA", 2, real=real, fake=fake)
    real, fake = _balanced(real, fake, seed)
    to_fake, to_real = torch.full((2, len(real)), torch.inf, dtype=torch.float64)
    for tile in squared_distances(real, fake):
        to_fake[tile.rows] = torch.minimum(to_fake[tile.rows], tile.squares.amin(1))
        to_real[tile.columns] = torch.minimum(to_real[tile.columns], tile.squares.amin(0))
    return NeighbourTest(_share(_nearest(real), to_fake), _share(_nearest(fake), to_real))


class C2ST(Metric):
    """Held-out accuracy of a linear classifier of generated and real samples (Lopez-Paz & Oquab 2017).

    It is .5 for indistinguishable sets and 1 for separable ones. Lower is better: on held-out samples it falls below .5
    only by chance.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"C2ST": "lower"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the accuracy with its binomial deviation, and the p-value in `how`."""
        test = classifier_test(inputs.real.features, inputs.fake.features, inputs.seed)
        how = f"{test.held_out} held-out samples, p = {test.p:.2g}; 0.5 if they are indistinguishable"
        return (Value("C2ST", test.accuracy, standard_error(test.accuracy, test.held_out), how),)


class NearestNeighbourAccuracy(Metric):
    """Leave-one-out accuracy of the nearest neighbour, over all samples and for each set (Xu et al. 2018).

    Real samples against other real ones give .5, and nearer to that is better. Above, the sets differ; below, samples
    are nearer to the other set than its own samples are, like copies of real samples.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"1-NNA": "real", "1-NNA-real": "real", "1-NNA-fake": "real"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the accuracy of all, of the real and of the generated samples."""
        real, fake = inputs.real.features, inputs.fake.features
        test = neighbour_test(real, fake, inputs.seed)
        how = f"{min(len(real), len(fake))} samples of each; real against real: 0.5, copies: below"
        shares = zip(self.directions, (test.accuracy, test.real, test.fake), strict=True)
        return tuple(Value(name, share, how=how) for name, share in shares)


def _balanced(real: Tensor, fake: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Returns both sets, shuffled and cut to the size of the smaller one, on the CPU."""
    random = torch.Generator().manual_seed(seed)
    count = min(len(real), len(fake))
    one, other = (rows.detach().cpu()[torch.randperm(len(rows), generator=random)[:count]] for rows in (real, fake))
    return one, other


def _nearest(rows: Tensor) -> Tensor:
    return nearest_others(rows, 1)[:, 0]


def _share(own: Tensor, others: Tensor) -> float:
    return float((own < others).double().mean() + (own == others).double().mean() / 2)
