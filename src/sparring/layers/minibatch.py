"""Minibatch statistics for discriminators, which reveal a lack of variety."""

from abc import abstractmethod
from math import prod
from typing import ClassVar

from pydantic import PositiveInt
from torch import Tensor, cat, nn

from sparring.layers.grids import Shape
from sparring.spec import Family


class MinibatchLayer(nn.Module):
    """Appends a statistic of the batch to features: [N, *shape] to [N, *outputs].

    `group` is the size of the groups of samples that are compared, None for the whole batch.
    """

    couples_samples: ClassVar[bool] = True
    group: int | None = None

    def __init__(self, outputs: Shape) -> None:
        super().__init__()
        self.outputs = outputs


class MinibatchStatistic(Family):
    """A statistic of a batch; real and generated samples are then never concatenated into one batch."""

    @abstractmethod
    def layer(self, shape: Shape) -> MinibatchLayer:
        """Returns the layer for features of `shape`, (C, H, W) or (C,)."""


class MinibatchStandardDeviation(MinibatchStatistic):
    """One constant channel: the standard deviation over the batch, averaged over all features.

    Karras et al. 2018, sec. 3; 10⁻⁸ is added to the variance, which gives equal samples a gradient. With a `group` the
    statistic is computed within groups of that many samples and does not depend on the batch size (Karras et al.
    2020): samples i, i + n, i + 2n, … of n groups. Groups are larger if `group` does not divide the batch size.
    """

    group: PositiveInt | None = None

    def layer(self, shape: Shape) -> MinibatchLayer:
        return _StandardDeviation((shape[0] + 1, *shape[1:]), self.group)


class MinibatchDiscrimination(MinibatchStatistic):
    """The closeness of each sample to its batch in `kernels` learned projections (Salimans et al. 2016, sec. 3.2).

    M_i = f(x_i) T has `kernels` rows of `features` numbers; o(x_i)_b = Σ_j exp(-‖M_ib - M_jb‖₁), the sample itself
    included, is appended to f(x_i), which is flattened. It grows with the batch; time and memory are O(N² · kernels ·
    features).
    """

    kernels: PositiveInt = 100
    features: PositiveInt = 5

    def layer(self, shape: Shape) -> MinibatchLayer:
        return _Discrimination(shape, self.kernels, self.features)


class _StandardDeviation(MinibatchLayer):
    def __init__(self, outputs: Shape, group: int | None) -> None:
        super().__init__(outputs)
        self.group = group

    def forward(self, inputs: Tensor) -> Tensor:
        count = len(inputs)
        size = next((size for size in range(self.group or count, count) if count % size == 0), max(count, 1))
        groups = inputs.reshape(size, count // size, *inputs.shape[1:])
        deviations = (groups - groups.mean(0)).square().mean(0).add(1e-8).sqrt().flatten(1).mean(1)
        statistic = deviations.repeat(size).view(-1, *(1 for _ in inputs.shape[1:]))
        return cat((inputs, statistic.expand(count, 1, *inputs.shape[2:])), 1)


class _Discrimination(MinibatchLayer):
    def __init__(self, shape: Shape, kernels: int, features: int) -> None:
        count = prod(shape)
        super().__init__((count + kernels,))
        self.shape = (kernels, features)
        self.project = nn.Linear(count, kernels * features, bias=False)

    def forward(self, inputs: Tensor) -> Tensor:
        flat = inputs.flatten(1)
        rows = self.project(flat).unflatten(1, self.shape)
        distances = (rows[:, None] - rows[None]).abs().sum(3)
        return cat((flat, (-distances).exp().sum(1)), 1)
