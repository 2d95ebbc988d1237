"""StyleGAN's generator against its statement with PyTorch's own layers; `test_growing.py` has how it grows."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, interpolate, leaky_relu

from sparring.errors import ShapeError
from sparring.game import Batch, Game
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.layers.resampling import normalize_taps, upfirdn
from sparring.network import Condition, Shape
from sparring.networks import ProgressiveDiscriminator, StyleGANGenerator
from sparring.penalties import PathLength

Differentiate = Callable[..., tuple[float, float]]

SPEC = StyleGANGenerator.Spec(channel_base=64, width=8, mapping_layers=2)


def generator(image: Shape, condition: Condition = Condition()) -> StyleGANGenerator:
    """Returns one whose noise, biases and constant say something."""
    torch.manual_seed(0)
    network = SPEC.build((6,), image, condition)
    assert isinstance(network, StyleGANGenerator)
    for name, parameter in network.named_parameters():
        if name.endswith(("strength", "bias")):
            nn.init.normal_(parameter, std=0.1)
    nn.init.normal_(network.constant)
    return network


def game() -> Game:
    torch.manual_seed(0)
    return GAN.Spec(
        generator=SPEC,
        discriminator=ProgressiveDiscriminator.Spec(channel_base=64, taps=(1, 3, 3, 1)),
        prior=Gaussian(size=6),
        generator_penalties=(PathLength(),),
    ).build((3, 8, 8))


class Stated:
    """The paper's layers, with the weights of a network, in the published code's order."""

    def __init__(self, network: StyleGANGenerator) -> None:
        self.state = network.state_dict()

    def convolved(self, name: str, grid: Tensor) -> Tensor:
        weight = self.state[f"{name}.weight"]
        weight = weight / weight[0].numel() ** 0.5
        return conv2d(grid, weight, self.state[f"{name}.bias"], padding=weight.shape[2] // 2)

    def grown(self, name: str, grid: Tensor) -> Tensor:
        """Nearest neighbours, the convolution, and then the binomial filter [1, 2, 1]."""
        weight = self.state[f"{name}.weight"].flip(2, 3).transpose(0, 1)
        convolved = conv2d(interpolate(grid, scale_factor=2), weight / weight[0].numel() ** 0.5, padding=1)
        blurred = upfirdn(convolved, normalize_taps((1, 2, 1)).to(grid.dtype), padding=1)
        return blurred + self.state[f"{name}.bias"][:, None, None]

    def styled(self, name: str, grid: Tensor, latent: Tensor, noise: Tensor) -> Tensor:
        grid = leaky_relu(grid + self.state[f"{name}.noise.strength"] * noise, 0.2)
        centred = grid - grid.mean((2, 3), keepdim=True)
        normal = centred / (centred.square().mean((2, 3), keepdim=True) + 1e-8).sqrt()
        weight, bias = (self.state[f"{name}.style.affine.{which}"] for which in ("weight", "bias"))
        scale, shift = (latent @ weight.t() / weight.shape[1] ** 0.5 + bias)[..., None, None].chunk(2, 1)
        return normal * (scale + 1) + shift


def test_the_base_is_the_papers_layers() -> None:
    network = generator((3, 4, 4)).double()
    noises, ws = network.draw_noise(3), torch.randn(3, 2, 8, dtype=torch.float64)
    stated = Stated(network)
    grid = stated.styled("blocks.0.layers.0", network.constant[None], ws[:, 0], noises[0])
    grid = stated.convolved("blocks.0.layers.1.convolve", grid)
    grid = stated.styled("blocks.0.layers.1", grid, ws[:, 1], noises[1])
    torch.testing.assert_close(network.synthesize(ws, noises), stated.convolved("to_image.0", grid))


def test_a_larger_grid_is_filtered_as_the_paper_has_it_but_for_the_border() -> None:
    network, grid = generator((3, 16, 16)).double(), torch.randn(2, 8, 8, 8, dtype=torch.float64)
    layer = "blocks.2.layers.0.convolve"
    found = network.get_submodule(layer)(grid)
    torch.testing.assert_close(found[..., 2:-2, 2:-2], Stated(network).grown(layer, grid)[..., 2:-2, 2:-2])


def test_a_square_power_of_two_has_the_published_grids_styles_and_noise() -> None:
    network = generator((3, 32, 32))
    assert torch.equal(SPEC.build((6,), (3, 8, 8)).get_parameter("constant"), torch.ones(16, 4, 4))
    assert network.styles == 8
    assert [noise.shape[2] for noise in network.constant_noise()] == [4, 4, 8, 8, 16, 16, 32, 32]
    assert [weights.shape for weights in network.style_weights()] == [
        (2 * channels, 8) for channels in (16, 16, 8, 8, 4, 4, 2, 2)
    ]


@pytest.mark.parametrize("image", [(1, 32, 32), (4, 24, 40), (3, 27, 60), (6, 9, 31), (3, 4, 4)], ids=str)
def test_images_of_any_size_and_channels_are_drawn(image: Shape) -> None:
    assert generator(image)(torch.randn(2, 6)).shape == (2, *image)


def test_each_layer_listens_to_its_own_style_and_noise() -> None:
    network = generator((3, 8, 8))
    ws, noises = torch.randn(1, 4, 8), network.constant_noise()
    before = network.synthesize(ws, noises)
    for layer in range(4):
        other = ws.clone()
        other[:, layer] = torch.randn(8)
        assert not torch.allclose(network.synthesize(other, noises), before)
        mixed = [*noises]
        mixed[layer] = torch.randn_like(noises[layer])
        assert not torch.allclose(network.synthesize(ws, mixed), before)


def test_style_weights_are_what_moves_a_layers_scales_and_shifts() -> None:
    network, step = generator((3, 8, 8)), torch.randn(8)
    affine = network.get_submodule("blocks.1.layers.0.style.affine")
    ws = torch.randn(2, 8)
    torch.testing.assert_close(affine(ws + step) - affine(ws), (network.style_weights()[2] @ step).expand(2, -1))


def test_a_class_changes_the_latents() -> None:
    network, latents = generator((3, 8, 8), Condition(3)).eval(), torch.randn(1, 6).expand(2, -1)
    one, other = network(latents, torch.tensor([0, 1]))
    assert not torch.allclose(one, other)


def test_layouts_give_the_same_and_so_does_one_sample_alone() -> None:
    network, latents = generator((3, 16, 16)).eval(), torch.randn(4, 6)
    expected = network(latents)
    torch.testing.assert_close(network(latents[:1]), expected[:1], rtol=1e-4, atol=1e-5)
    network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(network(latents), expected, rtol=1e-4, atol=1e-5)


def test_bfloat16_changes_little_and_ends_in_full_precision() -> None:
    network, ws = generator((3, 16, 16)), torch.randn(4, 6, 8)
    network.alpha.fill_(0.3)
    images = network.synthesize(ws, network.constant_noise())
    with torch.autocast("cpu", torch.bfloat16):
        found = network.synthesize(ws, network.constant_noise())
    assert found.dtype == torch.float32
    assert (found - images).norm() < 0.05 * images.norm()


def test_path_lengths_have_derivatives_in_float64(differentiate: Differentiate) -> None:
    network = generator((1, 8, 8)).double()
    network.alpha.fill_(0.3)
    ws = network.broadcast(network.mapping(torch.randn(2, 6, dtype=torch.float64))).detach().requires_grad_()
    probe, noises = torch.randn(2, 1, 8, 8, dtype=torch.float64), network.constant_noise()

    def lengths() -> Tensor:
        (slope,) = torch.autograd.grad((network.synthesize(ws, noises) * probe).sum(), ws, create_graph=True)
        return slope.square().sum(2).mean(1).sqrt().sum()

    for name in ("constant", "blocks.1.layers.0.convolve.weight", "blocks.0.layers.1.noise.strength"):
        weight = network.get_parameter(name)
        numeric, exact = differentiate(lengths, weight, 1e-7)
        assert numeric == pytest.approx(exact, rel=1e-4)


def test_it_plays_with_path_length_and_what_it_begins_with_is_finite() -> None:
    played = game()
    batch = Batch(torch.randn(4, 3, 8, 8), None, 0, torch.Generator().manual_seed(0))
    for team in played.teams:
        with played.to_move(team):
            torch.stack(list(team.losses(batch).values())).sum().backward()
        assert all(p.grad is not None and p.grad.isfinite().all() for p in team.parameters())


def test_styles_and_noise_of_another_network_are_refused() -> None:
    network = generator((3, 16, 16))
    with pytest.raises(ShapeError, match=r"synthesizes \[N, 6, 8\]"):
        network.synthesize(torch.zeros(2, 4, 8))
    with pytest.raises(ShapeError, match=r"with 6 noises or none; got .* with 2"):
        network.synthesize(torch.zeros(2, 6, 8), network.constant_noise()[:2])
