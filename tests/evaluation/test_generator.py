"""What a metric may ask of a game's generator, and what it is refused."""

import math

import pytest
import torch

from sparring.errors import SparringError
from sparring.evaluation.generator import GameGenerator, GameLatents
from sparring.evaluation.sets import GameSamples
from sparring.game import Game
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.layers.mapping import MappingNetwork, MeanLatent
from sparring.metrics import EQR, EQT, EQTFrac, MetricInputs, SampleStatistics
from sparring.network import Condition, Network
from sparring.network.style_based import StyleNetwork
from sparring.networks import MLP, StyleGAN2Generator


def plain(classes: int = 0) -> Game:
    small = MLP.Spec(width=8, depth=1)
    spec = GAN.Spec(generator=small, discriminator=small, prior=Gaussian(size=3), conditional=bool(classes))
    return spec.build((1, 4, 4), Condition(classes))


def styled(spec: Network.Spec | None = None, classes: int = 0, side: int = 8) -> Game:
    small = spec or StyleGAN2Generator.Spec(channel_base=32, width=6, mapping_layers=2)
    critic = MLP.Spec(width=8, depth=1)
    game = GAN.Spec(generator=small, discriminator=critic, prior=Gaussian(size=3), conditional=bool(classes))
    return game.build((1, side, side), Condition(classes))


class Waves(StyleNetwork):
    """A plane wave for each number of its latent, each of its own length and direction, and a constant."""

    class Spec(Network.Spec):
        stuck: float = 0.0

    def __init__(self, spec, inputs, outputs, condition):
        super().__init__()
        self.width, self.styles, self.mixing, self.stuck = 5, 2, 0.0, spec.stuck
        self.mapping = MappingNetwork(inputs[0], condition, self.width, 1)
        self.mean_latent = MeanLatent(self.width)
        self.side = outputs[1]
        self.register_buffer("waves", 0.3 * torch.rand(2, self.width) - 0.15)
        self.register_buffer("constant", torch.randn(outputs[1:]))

    def synthesize(self, ws, noise=()):
        return self.synthesize_transformed(ws, torch.eye(3, dtype=torch.float64))

    def synthesize_transformed(self, ws, transform):
        places = torch.arange(self.side) - (self.side - 1) / 2
        points = torch.stack((*torch.meshgrid(places, places, indexing="xy"), torch.ones(self.side, self.side)), -1)
        sources = (points.double() @ torch.linalg.inv(transform).T)[..., :2]
        waves = (2 * math.pi * (sources @ self.waves.double())).cos()
        images = torch.einsum("nk,hwk->nhw", ws[:, 0].double(), waves) / self.width
        return (images + self.stuck * self.constant)[:, None].float()


def test_latents_of_a_game_give_its_images_again():
    space = GameSamples(plain(3), 4, 0, "fake", ("a", "b", "c")).generator.space("z")
    start, end, classes = space.draw_ends(5, seed=1)
    assert start.shape == end.shape == (5, 3)
    assert not start.equal(end)
    assert space.spherical
    again, _, same = space.draw_ends(5, seed=1)
    assert space.generate(start, classes).equal(space.generate(again, same))


def test_paths_in_w_are_straight_and_go_between_what_z_is_mapped_to():
    game = styled()
    z, w = (GameLatents(game, name) for name in ("z", "w"))
    assert (z.spherical, w.spherical) == (True, False)
    for latents, mapped in zip(z.draw_ends(4, 2)[:2], w.draw_ends(4, 2)[:2], strict=True):
        with game.evaluating():
            torch.testing.assert_close(game.generator.mapping(latents), mapped)
        torch.testing.assert_close(z.generate(latents, None), w.generate(mapped, None))


def test_both_ends_of_a_path_in_w_are_of_one_class():
    game = styled(classes=4)
    start, end, classes = GameLatents(game, "z").draw_ends(6, 0)
    mapped = GameLatents(game, "w").draw_ends(6, 0)
    assert mapped[2] is None  # the class is part of the place
    with game.evaluating():
        for latents, actual in zip((start, end), mapped[:2], strict=True):
            torch.testing.assert_close(game.generator.mapping(latents, classes), actual)


def test_images_of_style_networks_are_not_clamped():
    game = styled()
    latents, _, _ = GameLatents(game, "w").draw_ends(4, 0)
    assert GameLatents(game, "w").generate(100 * latents, None).abs().max() > 1


def test_a_generator_without_styles_has_no_w():
    with pytest.raises(SparringError, match="MLP has only z"):
        GameGenerator(plain()).space("w")


@pytest.mark.parametrize("metric", [EQT(count=16), EQTFrac(count=16), EQR(count=16)])
def test_a_generator_that_moves_its_images_has_a_high_value_and_grain_that_sticks_a_low_one(metric):
    def measure(stuck):
        torch.manual_seed(0)
        generator = GameGenerator(styled(Waves.Spec(stuck=stuck), side=48))
        (value,) = metric.measure(MetricInputs(SampleStatistics(0), SampleStatistics(0), generator=generator))
        return value

    assert measure(0.0).value > 45
    assert measure(0.3).value < 20
    assert measure(0.0).how == "dB over 16 images, 2 transforms"


def test_a_learned_constant_cannot_be_moved():
    with pytest.raises(SparringError, match="StyleGAN2Generator begins with a learned constant"):
        EQT().measure(MetricInputs(SampleStatistics(0), SampleStatistics(0), generator=GameGenerator(styled())))


def test_a_latent_vector_cannot_be_moved():
    with pytest.raises(SparringError, match="this one starts from a latent vector"):
        EQR().measure(MetricInputs(SampleStatistics(0), SampleStatistics(0), generator=GameGenerator(plain())))


def test_samples_in_a_folder_cannot_be_moved():
    with pytest.raises(SparringError, match="EQ-T: needs a generator; samples in a folder cannot be moved"):
        EQT().measure(MetricInputs(SampleStatistics(0), SampleStatistics(0)))
