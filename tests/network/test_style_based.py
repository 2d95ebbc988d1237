"""Every style-based generator: truncation, mixing, noise, and the mean latent."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.game import Batch
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.network import Condition, Network
from sparring.network.style_based import StyleNetwork
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator, StyleGANGenerator

SPECS: list[Network.Spec] = [
    StyleGAN2Generator.Spec(channel_base=64, width=8, mapping_layers=2),
    StyleGANGenerator.Spec(channel_base=64, width=8, mapping_layers=2),
]

every_generator = pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.kind())


def build(spec: Network.Spec = SPECS[0], mixing: float = 0.0, condition: Condition = Condition()) -> StyleNetwork:
    torch.manual_seed(0)
    network = spec.model_copy(update={"mixing": mixing}).build((6,), (3, 16, 16), condition)
    assert isinstance(network, StyleNetwork)
    return network


@every_generator
def test_truncation_contracts_the_first_layers_towards_the_mean(spec: Network.Spec) -> None:
    network = build(spec)
    network.mean_latent.value.normal_()
    ws = torch.randn(2, network.styles, 8)
    truncated = network.truncate(ws, 0.7, layers=2)
    mean = network.mean_latent.value
    torch.testing.assert_close(truncated[:, :2], mean + 0.7 * (ws[:, :2] - mean))
    assert torch.equal(truncated[:, 2:], ws[:, 2:])
    torch.testing.assert_close(network.truncate(ws, 0), mean.expand(2, network.styles, 8))
    torch.testing.assert_close(network.truncate(ws, 1), ws)


@pytest.mark.parametrize(("truncation", "layers"), [(1.5, None), (-2, None), (0.5, 99), (0.5, -1)])
def test_a_truncation_out_of_range_is_refused(truncation: float, layers: int | None) -> None:
    with pytest.raises(SpecError, match="truncation: got"):
        build().truncate(torch.zeros(1, 6, 8), truncation, layers)


@every_generator
def test_mixed_styles_are_two_latents_with_one_crossing(spec: Network.Spec) -> None:
    network, latents = build(spec, mixing=1.0).train(), torch.randn(64, 6)
    assert isinstance(network, StyleNetwork)
    own = network.mapping(latents)
    ws = network.draw_styles(latents)
    mine = (ws == own[:, None]).all(2)
    theirs = (ws == network.mapping(latents.roll(1, 0))[:, None]).all(2)
    assert (mine != theirs).all()
    crossings = mine.sum(1)
    assert set(crossings.tolist()) == set(range(1, network.styles)), "never at the first layer, everywhere else"
    assert (mine.long().diff(dim=1) <= 0).all(), "the sample's own latent comes first"


@every_generator
def test_the_share_of_mixed_samples_is_mixing(spec: Network.Spec) -> None:
    for share in (0.0, 0.5, 1.0):
        network, latents = build(spec, mixing=share), torch.randn(400, 6)
        ws = network.draw_styles(latents)
        mixed = (ws != ws[:, :1]).any(2).any(1).float().mean().item()
        assert mixed == pytest.approx(share, abs=0.08)


@every_generator
def test_a_conditional_sample_is_mixed_within_its_own_condition(spec: Network.Spec) -> None:
    network, latents, classes = build(spec, mixing=1.0, condition=Condition(3)), torch.randn(6, 6), torch.arange(6) % 3
    last = network.draw_styles(latents, classes)[:, -1]
    torch.testing.assert_close(last, network.mapping(latents.roll(1, 0), classes))


@every_generator
def test_training_samples_noise_and_evaluation_does_not(spec: Network.Spec) -> None:
    network, latents = build(spec), torch.randn(2, 6)
    for name, parameter in network.named_parameters():
        if name.endswith("strength"):
            torch.nn.init.ones_(parameter)
    assert not torch.equal(network(latents), network(latents))
    network.eval()
    assert torch.equal(network(latents), network(latents))
    ws = network.broadcast(network.mapping(latents))
    torch.testing.assert_close(network(latents), network.synthesize(ws, network.constant_noise()).clamp(-1, 1))
    assert not torch.equal(network.synthesize(ws), network.synthesize(ws, network.constant_noise()))
    sizes = [tuple(noise.shape) for noise in network.draw_noise(2, torch.Generator().manual_seed(0))]
    assert sizes == [(2, *noise.shape[1:]) for noise in network.constant_noise()]


@every_generator
def test_the_mean_latent_moves_on_the_generators_own_move_only(spec: Network.Spec) -> None:
    torch.manual_seed(0)
    discriminator = StyleGAN2Discriminator.Spec(channel_base=64)
    game = GAN.Spec(generator=spec, discriminator=discriminator, prior=Gaussian(size=6)).build((3, 8, 8))
    batch = Batch(torch.zeros(4, 3, 8, 8), None, 0, torch.Generator().manual_seed(0))
    mean = game.get_buffer("generator.mean_latent.value")
    moved = {}
    for team in game.teams:
        before = mean.clone()
        with game.to_move(team):
            team.losses(batch)
        moved[team.name] = not torch.equal(mean, before)
    assert moved == {"discriminator": False, "generator": True}
    held = mean.clone()
    game.draw_samples(3, seed=0)
    assert torch.equal(mean, held)
