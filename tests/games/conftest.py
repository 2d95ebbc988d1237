"""Games small enough to know: Dirac-GAN as two networks of one number each, and double precision."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from sparring.game import Batch
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.losses import Wasserstein
from sparring.network import Condition, Network, Shape


class Point(Network):
    """A generator that puts everything on one point."""

    class Spec(Network.Spec):
        """Where the point begins."""

        place: float = 1.0

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor(spec.place))

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        return self.theta.expand(len(inputs), 1)


class Slope(Network):
    """The discriminator D(x) = ψ x."""

    class Spec(Network.Spec):
        """The initial weight."""

        slope: float = -1.0

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        self.psi = nn.Parameter(torch.tensor(spec.slope))

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        return inputs * self.psi


@pytest.fixture
def double() -> Iterator[None]:
    """Networks and latents in float64."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


@pytest.fixture
def dirac(double: None) -> GAN.Spec:
    """Dirac-GAN with the Wasserstein loss, at (1, -1)."""
    return GAN.Spec(generator=Point.Spec(), discriminator=Slope.Spec(), prior=Gaussian(size=1), losses=Wasserstein())


@pytest.fixture
def origin(double: None) -> Batch:
    """The data of Dirac-GAN, all of it at 0."""
    return Batch(torch.zeros(2, 1), None, 0, torch.Generator())
