"""What a discriminator is told of a sample's minibatch, so that it sees samples that are too much alike."""

from abc import abstractmethod
from math import prod
from typing import ClassVar

from pydantic import PositiveInt
from torch import Tensor, cat, nn

from sparring.spec import Family

Shape = tuple[int, ...]


class MinibatchLayer(nn.Module):
    """Passes features [N, *shape] on with what it says of the batch behind them, [N, *outputs].

    Where samples are compared in groups of a size of their own, that is `group`.
    """

    couples_samples: ClassVar[bool] = True
    group: int | None = None

    def __init__(self, outputs: Shape) -> None:
        super().__init__()
        self.outputs = outputs


class MinibatchStatistic(Family):
    """What is said of a batch; real and generated samples are never in one batch then."""

    @abstractmethod
    def layer(self, shape: Shape) -> MinibatchLayer:
        """Returns the layer for features of `shape`, (C, H, W) or (C,)."""


class MinibatchStandardDeviation(MinibatchStatistic):
    """One more channel, the same everywhere: the mean over all features of their standard deviation over the batch.

    Karras et al. 2018, sec. 3; the variance gets 10⁻⁸ more, so that equal samples have a gradient. With a `group` the
    batch is dealt into groups of so many samples that are compared with each other only, so that what is said does
    not depend on the size of the batch (Karras et al. 2020): samples i, i + n, i + 2n, … of n groups. Groups are
    larger where the batch cannot be dealt evenly otherwise.
    """

    group: PositiveInt | None = None

    def layer(self, shape: Shape) -> MinibatchLayer:
        return _StandardDeviation((shape[0] + 1, *shape[1:]), self.group)


class MinibatchDiscrimination(MinibatchStatistic):
    """How near each sample is to all of its batch, seen in `kernels` learned ways (Salimans et al. 2016, sec. 3.2).

    M_i = f(x_i) T has `kernels` rows of `features` numbers; o(x_i)_b = Σ_j exp(-‖M_ib - M_jb‖₁), the sample itself
    included, is appended to f(x_i), which is flattened. It grows with the batch. The time and memory of a batch of
    N are those of N² · kernels · features numbers.
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
        said = deviations.repeat(size).view(-1, *(1 for _ in inputs.shape[1:]))
        return cat((inputs, said.expand(count, 1, *inputs.shape[2:])), 1)


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
