"""Two-sample tests: can a classifier tell generated samples from real ones?"""

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
    """How often a classifier was right on `held_out` samples, and `p`: how likely that often or oftener by chance."""

    accuracy: float
    p: float
    held_out: int


@dataclass(frozen=True)
class NeighbourTest:
    """For which share of the `real` samples, and of the `fake` ones, the nearest other sample is of their own set.

    Real near 1 and fake near 0 is a generator that collapsed to the middle of the data; both near 1 are sets apart;
    both near 0 are copies.
    """

    real: float
    fake: float

    @property
    def accuracy(self) -> float:
        """The share over both sets: .5 where they cannot be told apart."""
        return (self.real + self.fake) / 2


def classifier_test(real: Tensor, fake: Tensor, seed: int = 0) -> ClassifierTest:
    """Returns how well a linear classifier tells `fake` [M, d] from `real` [N, d] (Lopez-Paz & Oquab 2017).

    As many samples of each set as the smaller one has, drawn by `seed`; half of them fit a logistic regression on
    standardised features, the n others test it. Of sets of one distribution its accuracy is about
    N(1/2, 1 / 4n) (section 3.1), whence the one-sided p-value.

    Raises:
        MetricError: a set has fewer than 10 samples, numbers that are not finite, or another d than the other.
        MissingExtraError: scikit-learn is not installed.
    """
    check_features("C2ST", _LEAST, real=real, fake=fake)
    real, fake = _drawn_alike(real, fake, seed)
    half = len(real) // 2
    fitting = torch.cat((real[:half], fake[:half]))
    unseen = torch.cat((real[half:], fake[half:]))
    guesses = fit_and_predict(fitting, torch.arange(2).repeat_interleave(half), unseen)
    accuracy = float((guesses == torch.arange(2).repeat_interleave(len(real) - half)).double().mean())
    deviations = (accuracy - 0.5) * 2 * sqrt(len(unseen))
    return ClassifierTest(accuracy, erfc(deviations / sqrt(2)) / 2, len(unseen))


def neighbour_test(real: Tensor, fake: Tensor, seed: int = 0) -> NeighbourTest:
    """Returns the leave-one-out accuracy of the nearest neighbour in telling `fake` [M, d] from `real` [N, d].

    As many samples of each set as the smaller one has, drawn by `seed`, since the larger would be nearer by its
    number alone (Xu et al. 2018, section 3.1). A sample as near to its own set as to the other counts half.

    Raises:
        MetricError: a set has fewer than 2 samples, numbers that are not finite, or another d than the other.

    >>> real = torch.tensor([[0.0], [1.0], [5.0], [6.0]])
    >>> neighbour_test(real, real + 100), neighbour_test(real, real + 0.1)
    (NeighbourTest(real=1.0, fake=1.0), NeighbourTest(real=0.0, fake=0.0))
    """
    check_features("1-NNA", 2, real=real, fake=fake)
    real, fake = _drawn_alike(real, fake, seed)
    to_fake, to_real = torch.full((2, len(real)), torch.inf, dtype=torch.float64)
    for tile in squared_distances(real, fake):
        to_fake[tile.rows] = torch.minimum(to_fake[tile.rows], tile.squares.amin(1))
        to_real[tile.columns] = torch.minimum(to_real[tile.columns], tile.squares.amin(0))
    return NeighbourTest(_share(_nearest(real), to_fake), _share(_nearest(fake), to_real))


class C2ST(Metric):
    """Held-out accuracy of a linear classifier that tells generated from real samples (Lopez-Paz & Oquab 2017).

    It is .5 where the sets cannot be told apart, and 1 where they always can. Lower is better: the classifier is asked
    about samples that it did not see, so that it falls below .5 by chance alone.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"C2ST": "lower"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the accuracy with its binomial deviation; `how` tells the p-value."""
        test = classifier_test(inputs.real.features, inputs.fake.features, inputs.seed)
        how = f"{test.held_out} held-out samples, p = {test.p:.2g}; 0.5 where they cannot be told apart"
        return (Value("C2ST", test.accuracy, standard_error(test.accuracy, test.held_out), how),)


class NearestNeighbourAccuracy(Metric):
    """Leave-one-out accuracy of the nearest neighbour, over all samples and for each set (Xu et al. 2018).

    Real samples against other real ones give .5, and the nearer to that the better: above, the sets differ;
    below, samples are nearer to the other set than its own are, as copies of the real samples would be.
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


def _drawn_alike(real: Tensor, fake: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """Returns as many samples of each set as the smaller one has, shuffled, on the CPU."""
    random = torch.Generator().manual_seed(seed)
    count = min(len(real), len(fake))
    one, other = (rows.detach().cpu()[torch.randperm(len(rows), generator=random)[:count]] for rows in (real, fake))
    return one, other


def _nearest(rows: Tensor) -> Tensor:
    return nearest_others(rows, 1)[:, 0]


def _share(own: Tensor, others: Tensor) -> float:
    return float((own < others).double().mean() + (own == others).double().mean() / 2)
