"""Games with a tiny style network, and with one that has no styles."""

import pytest
import torch

from sparring.game import Game
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.network import Condition
from sparring.networks import DCGANGenerator, StyleGAN2Discriminator, StyleGAN2Generator

DISCRIMINATOR = StyleGAN2Discriminator.Spec(channel_base=32)


def of_styles(classes: int = 0) -> Game:
    """Returns a game of 16x16 images whose weights are random, and whose mean latent and noise strengths are not 0."""
    torch.manual_seed(0)
    network = StyleGAN2Generator.Spec(channel_base=64, width=8, mapping_layers=2)
    spec = GAN.Spec(generator=network, discriminator=DISCRIMINATOR, prior=Gaussian(size=6), conditional=bool(classes))
    game = spec.build((3, 16, 16), Condition(classes)).eval()
    generator = game.get_submodule("generator")
    for name, tensor in [*generator.named_parameters(), *generator.named_buffers()]:
        if name.endswith("noise.strength"):
            tensor.data.fill_(0.1)
        if name == "mean_latent.value":
            tensor.data.normal_()
    return game


@pytest.fixture
def styled() -> Game:
    """A game with a style network."""
    return of_styles()


@pytest.fixture
def styled_classes() -> Game:
    """A conditional one, of three classes."""
    return of_styles(3)


@pytest.fixture
def plain() -> Game:
    """A game without styles."""
    torch.manual_seed(0)
    spec = GAN.Spec(generator=DCGANGenerator.Spec(width=4), discriminator=DISCRIMINATOR, prior=Gaussian(size=6))
    game = spec.build((3, 16, 16)).eval()
    for weight in game.get_submodule("generator").parameters():
        weight.data.mul_(10)  # so that images are more than gray
    return game
