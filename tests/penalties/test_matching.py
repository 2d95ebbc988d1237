"""Means of features that should agree."""

import pytest
import torch

from sparring.adversary import DiscriminatorCritic, PenaltyInputs
from sparring.errors import SpecError
from sparring.games import GAN
from sparring.network import Network
from sparring.networks import MLP, DCGANDiscriminator, Packed
from sparring.penalties import FeatureMatching


def value(network: Network, real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
    critic = DiscriminatorCritic(network)
    return FeatureMatching().value(PenaltyInputs(critic, real, fake, None, network(fake), torch.Generator()))


@pytest.mark.parametrize(
    "spec",
    [MLP.Spec(width=5), Packed.Spec(of=MLP.Spec(width=5)), DCGANDiscriminator.Spec(width=4)],
    ids=lambda s: s.kind(),
)
def test_it_is_the_squared_distance_of_mean_features(spec: Network.Spec) -> None:
    torch.manual_seed(0)
    network = spec.build((1, 8, 8), (1,)).eval()
    real, fake = torch.randn(4, 1, 8, 8), torch.randn(4, 1, 8, 8)
    one, other = network.features(real), network.features(fake)
    assert one.shape[0] == 4
    torch.testing.assert_close(value(network, real, fake), (one.mean(0) - other.mean(0)).square().sum())
    assert value(network, real, real) == 0


def test_a_discriminator_without_features_is_named() -> None:
    class Plain(Network):
        def forward(self, inputs: torch.Tensor, condition: torch.Tensor | None = None) -> torch.Tensor:
            return inputs

    with pytest.raises(SpecError, match="Plain does not expose its features"):
        value(Plain(), torch.ones(2, 1), torch.ones(2, 1))


def test_it_is_no_penalty_of_a_discriminator() -> None:
    with pytest.raises(SpecError, match="FeatureMatching is no penalty of a discriminator"):
        GAN.Spec.read({"penalties": ["FeatureMatching"]})
