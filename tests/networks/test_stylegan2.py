"""StyleGAN2's networks: sizes, wiring, and gradients; `tests/interop` holds them to the published numbers."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from sparring.errors import ShapeError
from sparring.layers.grids import plan_channels
from sparring.layers.minibatch import MinibatchStandardDeviation
from sparring.network import Condition, Shape, couples_samples
from sparring.networks import StyleGAN2Discriminator, StyleGAN2Generator
from sparring.networks.stylegan2 import Architecture

Differentiate = Callable[..., tuple[float, float]]

ARCHITECTURES: tuple[Architecture, ...] = ("skip", "resnet", "orig")

every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def generator(image: Shape, architecture: Architecture = "skip") -> StyleGAN2Generator:
    torch.manual_seed(0)
    spec = StyleGAN2Generator.Spec(channel_base=64, width=8, mapping_layers=2, architecture=architecture)
    network = spec.build((6,), image)
    assert isinstance(network, StyleGAN2Generator)
    return network


def discriminator(image: Shape, architecture: Architecture = "resnet", classes: int = 0) -> StyleGAN2Discriminator:
    torch.manual_seed(0)
    spec = StyleGAN2Discriminator.Spec(channel_base=64, condition_width=8, architecture=architecture)
    network = spec.build(image, (1,), Condition(classes))
    assert isinstance(network, StyleGAN2Discriminator)
    return network


@every_architecture
@pytest.mark.parametrize("image", [(1, 32, 32), (4, 24, 40), (3, 27, 60), (6, 9, 31), (3, 4, 4)], ids=str)
def test_images_of_any_size_and_channels_are_generated_and_scored(image: Shape, architecture: Architecture) -> None:
    samples = generator(image, architecture)(torch.randn(2, 6))
    assert samples.shape == (2, *image)
    assert discriminator(image, architecture)(samples).shape == (2, 1)


def test_a_square_power_of_two_has_the_published_grids_styles_and_channels() -> None:
    network = generator((3, 64, 64))
    assert network.constant.shape == (16, 4, 4)
    assert [block.size for block in network.blocks] == [(side, side) for side in (4, 8, 16, 32, 64)]
    assert network.styles == 10
    assert [noise.shape[2] for noise in network.constant_noise()] == [4, 8, 8, 16, 16, 32, 32, 64, 64]
    assert plan_channels(9, 32768, 512) == [512, 512, 512, 512, 512, 256, 128, 64, 32]


@every_architecture
def test_only_the_skip_architecture_makes_and_sees_images_of_every_size(architecture: Architecture) -> None:
    makes = [block.to_image is not None for block in generator((3, 32, 32), architecture).blocks]
    critic = discriminator((3, 32, 32), architecture)
    sees = [block.from_image is not None for block in critic.blocks] + [critic.from_image is not None]
    every = architecture == "skip"
    assert makes == [every] * 3 + [True]
    assert sees == [True] + [every] * 3


@every_architecture
def test_activations_begin_at_the_scale_of_one(architecture: Architecture) -> None:
    features = discriminator((3, 32, 32), architecture).features(torch.randn(64, 3, 32, 32))
    assert 0.2 < features.square().mean() < 2


@every_architecture
def test_layouts_give_the_same_and_so_does_one_sample_alone(architecture: Architecture) -> None:
    draw, critic = generator((3, 16, 16), architecture).eval(), discriminator((3, 16, 16), architecture).eval()
    critic.minibatch = None
    critic.convolve.weight = torch.nn.Parameter(critic.convolve.weight[:, :-1])
    latents = torch.randn(4, 6)
    expected = draw(latents)
    scores = critic(expected)
    torch.testing.assert_close(draw(latents[:1]), expected[:1], rtol=1e-4, atol=1e-5)
    for network in (draw, critic):
        network.to(memory_format=torch.channels_last)
    torch.testing.assert_close(draw(latents), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(critic(expected[:1]), scores[:1], rtol=1e-4, atol=1e-5)


def test_bfloat16_changes_little_and_ends_in_full_precision() -> None:
    draw, critic, latents = generator((3, 16, 16)).eval(), discriminator((3, 16, 16)), torch.randn(4, 6)
    ws = draw.broadcast(draw.mapping(latents))
    images = draw.synthesize(ws)
    scores = critic(images)
    with torch.autocast("cpu", torch.bfloat16):
        found = draw.synthesize(ws)
        scores_after = critic(images)
    assert found.dtype == scores_after.dtype == torch.float32
    assert (found - images).norm() < 0.02 * images.norm()
    assert (scores_after - scores).norm() < 0.05 * scores.norm()


def test_the_penalties_derivatives_are_right_in_float64(differentiate: Differentiate) -> None:
    critic = discriminator((1, 8, 8)).double()
    images = torch.randn(4, 1, 8, 8, dtype=torch.float64)
    weight = critic.blocks[0].first.weight  # type: ignore[union-attr]

    def squared_slope() -> Tensor:
        given = images.requires_grad_()
        (slope,) = torch.autograd.grad(critic(given).sum(), given, create_graph=True)
        return slope.square().sum()

    assert isinstance(weight, Tensor)
    numeric, exact = differentiate(squared_slope, weight)
    assert numeric == pytest.approx(exact, rel=1e-4)


def test_path_lengths_have_derivatives_in_float64(differentiate: Differentiate) -> None:
    network = generator((1, 8, 8)).double()
    ws = network.broadcast(network.mapping(torch.randn(2, 6, dtype=torch.float64))).detach().requires_grad_()
    weight = network.get_parameter("blocks.1.layers.0.weight")
    probe = torch.randn(2, 1, 8, 8, dtype=torch.float64)

    def lengths() -> Tensor:
        (slope,) = torch.autograd.grad((network.synthesize(ws) * probe).sum(), ws, create_graph=True)
        return slope.square().sum(2).mean(1).sqrt().sum()

    numeric, exact = differentiate(lengths, weight)
    assert numeric == pytest.approx(exact, rel=1e-4)


def test_scores_of_a_class_are_projections_on_its_mapped_embedding() -> None:
    critic, images, labels = discriminator((3, 8, 8), classes=3), torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 2, 0])
    assert critic.mapping is not None
    mapped = critic.mapping(torch.empty(4, 0), labels)
    expected = (critic.head(critic.features(images, labels)) * mapped).sum(1, keepdim=True) / 8**0.5
    torch.testing.assert_close(critic(images, labels), expected)


def test_the_discriminator_compares_samples_by_default() -> None:
    assert couples_samples(discriminator((3, 8, 8)))
    spec = StyleGAN2Discriminator.Spec(channel_base=64, minibatch=None)
    assert not couples_samples(spec.build((3, 8, 8), (1,)))
    group = StyleGAN2Discriminator.Spec(minibatch=MinibatchStandardDeviation(group=8))
    assert type(group).from_yaml(group.to_yaml()) == group


def test_a_clamp_bounds_what_goes_from_block_to_block() -> None:
    torch.manual_seed(0)
    spec = StyleGAN2Generator.Spec(channel_base=64, width=8, clamp=0.1)
    network = spec.build((6,), (3, 8, 8))
    assert isinstance(network, StyleGAN2Generator)
    seen: list[Tensor] = []
    for block in network.blocks:
        block.register_forward_hook(lambda module, given, found: seen.append(found))
    network(torch.randn(4, 6))
    assert max(grid.abs().max().item() for grid in seen) == pytest.approx(0.1)


def test_styles_and_noise_of_another_network_are_refused() -> None:
    network = generator((3, 16, 16))
    with pytest.raises(ShapeError, match=r"synthesizes \[N, 6, 8\]"):
        network.synthesize(torch.zeros(2, 4, 8))
    with pytest.raises(ShapeError, match="with 5 noises"):
        network.synthesize(torch.zeros(2, 6, 8), network.constant_noise()[:2])


def test_without_noise_there_is_none_to_draw_learn_or_give() -> None:
    torch.manual_seed(0)
    network = StyleGAN2Generator.Spec(channel_base=64, width=8, mapping_layers=2, noisy=False).build((6,), (3, 16, 16))
    assert isinstance(network, StyleGAN2Generator)
    assert network.constant_noise() == []
    assert not [name for name, _ in network.named_parameters() if "noise" in name]
    latents = torch.randn(2, 6)
    network.mixing = 0
    torch.testing.assert_close(network.train()(latents).clamp(-1, 1), network.eval()(latents))
    with pytest.raises(ShapeError, match="with 0 noises or none"):
        network.synthesize(network.broadcast(network.mapping(latents)), [torch.zeros(1, 1, 4, 4)])
