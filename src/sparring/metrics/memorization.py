"""How near generated samples come to the training samples: scores that detect copying."""

from typing import ClassVar

import torch
from pydantic import PositiveFloat
from torch import Tensor
from torch.nn import functional

from sparring.direction import ScoreDirection
from sparring.metrics.frechet import frechet_distance
from sparring.metrics.metric import Metric, MetricInputs, Need, Value, check_features
from sparring.metrics.precision_recall import share, standard_error
from sparring.metrics.statistics.neighbours import check_neighbours, nearest_neighbour, nearest_others

_AT_ONCE = 512
"""Generated samples per block of cosines with all real ones."""

_LEAST = 1e-14
"""Added to the memorization distance before dividing by it, as in the competition."""


def memorization_distance(real: Tensor, fake: Tensor) -> float:
    """Returns the mean over `fake` [M, d] of the least cosine distance 1 - |cos(x, y)| to `real` [N, d].

    It is 0 where every generated sample is a real one, up to scale and sign, and at most 1 (Bai et al. 2021).
    A sample whose features are all 0 has no direction, and a distance of 1 to everything. Cosines are taken about the
    origin: the features of a network that ends in a ReLU lie in one orthant, and all their distances are small.

    The nearest sample is searched in float32 (float64 for float64 features); its distance is computed in float64.

    Raises:
        MetricError: a set is empty, numbers are not finite, or d differs.

    >>> round(memorization_distance(torch.eye(2), torch.tensor([[3.0, 0.0], [1.0, 1.0]])), 6)  # (0 + 1 - 1/√2) / 2
    0.146447
    """
    check_features("memorization distance", 1, real=real, fake=fake)
    precision = torch.promote_types(torch.promote_types(real.dtype, fake.dtype), torch.float32)
    directions = functional.normalize(real.detach().to(precision))
    total = torch.zeros((), dtype=torch.float64, device=fake.device)
    for some in torch.split(fake.detach().to(precision), _AT_ONCE):
        indices = (functional.normalize(some) @ directions.T).abs_().argmax(1)
        cosines = functional.cosine_similarity(some.double(), real[indices].double()).abs()
        total += (1 - cosines).clamp(min=0).sum()
    return float(total) / len(fake)


def memorization_informed(frechet: float, distance: float, threshold: float = 0.1) -> float:
    """Returns the Fréchet distance `frechet`, divided by the memorization `distance` if that is below `threshold`.

    This is the rule of Kaggle's Generative Dog Images (2019); its 10⁻¹⁴ in the divisor keeps the score of a set of
    copies finite.

    >>> memorization_informed(10.0, 0.2), round(memorization_informed(10.0, 0.05), 3)
    (10.0, 200.0)
    """
    return frechet / (distance + _LEAST) if distance < threshold else frechet


def authenticity(real: Tensor, fake: Tensor) -> float:
    """Returns the share of `fake` [M, d] that are not copies of samples of `real` [N, d] (Alaa et al. 2022).

    A generated sample counts as a copy if its nearest real sample has no other real sample that is nearer. For two
    sets of one distribution, chance decides which neighbour is nearer: 1/3 of the samples are authentic in one
    dimension, .379 in two, near 1/2 in many. A generator that copies has less. Measure it against the training samples.

    Raises:
        MetricError: fewer than 2 real samples or no generated ones, numbers are not finite, or d differs.

    >>> authenticity(torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[1.2], [7.0], [-3.0], [2.5]]))
    0.5
    """
    check_neighbours("authenticity", 1, real=real)
    check_features("authenticity", 1, real=real, fake=fake)
    distances, indices = nearest_neighbour(fake, real)
    others = nearest_others(real, 1)[:, 0].double().sqrt()
    return share(distances > others[indices])


class MiFD(Metric):
    """The memorization-informed Fréchet distance (Kaggle 2019, Bai et al. 2021), and the memorization distance.

    The real samples must be the generator's training samples. The `threshold` below which a set counts as copied is the
    competition's, for the original Inception network; other backbones have other distances.
    """

    needs: ClassVar[frozenset[Need]] = frozenset({"moments", "features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"MiFD": "lower", "memorization distance": "higher"}

    threshold: PositiveFloat = 0.1

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the informed distance and the memorization distance."""
        distance = memorization_distance(inputs.real.features, inputs.fake.features)
        frechet = frechet_distance(inputs.real.moments, inputs.fake.moments)
        copied = distance < self.threshold
        how = f"divided by {distance:.3g}" if copied else f"not divided: no less than {self.threshold:g} apart"
        return (
            Value("MiFD", memorization_informed(frechet, distance, self.threshold), how=how),
            Value("memorization distance", distance, how="mean of the least 1 - |cos|"),
        )


class Authenticity(Metric):
    """The share of generated samples that are not copies of training samples (Alaa et al. 2022)."""

    needs: ClassVar[frozenset[Need]] = frozenset({"features"})
    directions: ClassVar[dict[str, ScoreDirection]] = {"authenticity": "higher"}

    def measure(self, inputs: MetricInputs) -> tuple[Value, ...]:
        """Returns the share and its standard error."""
        value = authenticity(inputs.real.features, inputs.fake.features)
        error = standard_error(value, inputs.fake.count)
        return (Value("authenticity", value, error, "√(p (1 - p) / n) over generated samples, given the real ones"),)
