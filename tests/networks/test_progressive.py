"""Progressive GAN's networks against their statement with PyTorch's own layers; `test_growing.py` has how they grow."""

from collections.abc import Callable
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, interpolate, leaky_relu, linear

from sparring.errors import ShapeError, SpecError
from sparring.layers.grids import plan_channels
from sparring.network import Condition, Shape, couples_samples
from sparring.networks import ProgressiveDiscriminator, ProgressiveGenerator

Differentiate = Callable[..., tuple[float, float]]


def generator(image: Shape, classes: int = 0) -> ProgressiveGenerator:
    torch.manual_seed(0)
    network = ProgressiveGenerator.Spec(channel_base=64).build((6,), image, Condition(classes))
    assert isinstance(network, ProgressiveGenerator)
    return perturbed(network)


def discriminator(
    image: Shape, condition: Condition = Condition(), taps: tuple[float, ...] = (1, 1)
) -> ProgressiveDiscriminator:
    torch.manual_seed(0)
    network = ProgressiveDiscriminator.Spec(channel_base=64, taps=taps).build(image, (1,), condition)
    assert isinstance(network, ProgressiveDiscriminator)
    return perturbed(network)


def perturbed(network: Any) -> Any:
    """Returns the network with biases that are not zero."""
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)
    return network


def stated(state: dict[str, Tensor], name: str, given: Tensor) -> Tensor:
    """Returns √2 times the equalized layer `name`, a convolution or a linear layer, of `given`."""
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    weight = weight * sqrt(2 / weight[0].numel())
    bias = bias * sqrt(2)
    return (
        conv2d(given, weight, bias, padding=weight.shape[2] // 2) if weight.dim() == 4 else linear(given, weight, bias)
    )


def normalized(grid: Tensor) -> Tensor:
    return grid / (grid.square().mean(1, keepdim=True) + 1e-8).sqrt()


def test_the_generator_is_table_2s() -> None:
    network, latents = generator((3, 8, 8)), torch.randn(4, 6)
    network.alpha.fill_(0.3)
    state = network.state_dict()
    grow = "blocks.1.first"  # stored as a transposed convolution
    state[f"{grow}.weight"] = state[f"{grow}.weight"].flip(2, 3).transpose(0, 1)
    grid = stated(state, "blocks.0.first", normalized(latents)).view(4, 16, 4, 4)
    grid = normalized(leaky_relu(grid, 0.2))
    base = normalized(leaky_relu(stated(state, "blocks.0.second", grid), 0.2))
    grid = normalized(leaky_relu(stated(state, grow, interpolate(base, scale_factor=2)), 0.2))
    grid = normalized(leaky_relu(stated(state, "blocks.1.second", grid), 0.2))
    old, new = stated(state, "to_image.0", base) / sqrt(2), stated(state, "to_image.1", grid) / sqrt(2)
    torch.testing.assert_close(network(latents), 0.7 * interpolate(old, scale_factor=2) + 0.3 * new)


def test_the_discriminator_is_table_2s_with_the_published_codes_order() -> None:
    network, images = discriminator((3, 8, 8)), torch.randn(4, 3, 8, 8)
    network.alpha.fill_(0.3)
    state = {name.replace("second.convolve", "second"): value for name, value in network.state_dict().items()}
    new = leaky_relu(stated(state, "from_image.1", images), 0.2)
    new = leaky_relu(stated(state, "blocks.1.first", new), 0.2)
    new = leaky_relu(avg_pool2d(stated(state, "blocks.1.second", new), 2), 0.2)
    grid = 0.3 * new + 0.7 * leaky_relu(stated(state, "from_image.0", avg_pool2d(images, 2)), 0.2)
    deviation = (grid.var(0, correction=0) + 1e-8).sqrt().mean()
    grid = torch.cat((grid, deviation.expand(4, 1, 4, 4)), 1)
    grid = leaky_relu(stated(state, "blocks.0.first", grid), 0.2)
    features = leaky_relu(stated(state, "blocks.0.second", grid.flatten(1)), 0.2)
    torch.testing.assert_close(network.features(images), features)
    torch.testing.assert_close(network(images), stated(state, "head", features) / sqrt(2))


@pytest.mark.parametrize("image", [(1, 32, 32), (4, 24, 40), (3, 27, 60), (6, 9, 31), (3, 4, 4)], ids=str)
def test_images_of_any_size_and_channels_are_generated_and_scored(image: Shape) -> None:
    samples = generator(image)(torch.randn(2, 6))
    assert samples.shape == (2, *image)
    for taps in ((1, 1), (1, 3, 3, 1)):
        assert discriminator(image, taps=taps)(samples).shape == (2, 1)


def test_the_published_channels_are_the_default() -> None:
    spec, critic = ProgressiveGenerator.Spec(), ProgressiveDiscriminator.Spec()
    expected = [512, 512, 512, 512, 256, 128, 64, 32, 16]  # 4x4 to 1024x1024
    assert plan_channels(9, spec.channel_base, spec.channel_max) == expected
    assert plan_channels(9, critic.channel_base, critic.channel_max) == expected


def test_activations_begin_at_the_scale_of_one() -> None:
    torch.manual_seed(0)
    images = ProgressiveGenerator.Spec(channel_base=512).build((6,), (3, 32, 32))(torch.randn(64, 6))
    assert 0.3 < images.square().mean() < 3
    features = ProgressiveDiscriminator.Spec(channel_base=512).build((3, 32, 32), (1,)).features(images)
    assert 0.3 < features.square().mean() < 3


def test_a_latents_length_means_nothing() -> None:
    network, latents = generator((3, 16, 16)), torch.randn(2, 6)
    torch.testing.assert_close(network(5 * latents), network(latents))


def test_images_are_clamped_in_evaluation_only() -> None:
    network, latents = generator((3, 8, 8)), 3 * torch.randn(16, 6)
    loose = network(latents)
    assert loose.abs().max() > 1
    assert torch.equal(network.eval()(latents), loose.clamp(-1, 1))


def test_a_class_adds_its_own_score_and_several_labels_add_theirs() -> None:
    images, classes = torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 2, 0])
    critic = discriminator((3, 8, 8), Condition(3))
    scores = critic.head(critic.features(images, classes))
    torch.testing.assert_close(critic(images, classes), scores[:, :1] + scores[:, 1:].gather(1, classes[:, None]))
    between = torch.tensor([[0.5, 0.5, 0]]).expand(4, 3)
    torch.testing.assert_close(critic(images, between)[:, 0], scores[:, 0] + scores[:, 1:3].mean(1))
    critic = discriminator((3, 8, 8), Condition(numbers=2))
    labels = torch.tensor([[0.0, 0], [1, 0], [0, 1], [1, 1]])
    scores = critic.head(critic.features(images, labels))
    torch.testing.assert_close(critic(images, labels)[:, 0], scores[:, 0] + (scores[:, 1:] * labels).sum(1))


def test_layouts_give_the_same_and_so_does_one_sample_alone() -> None:
    draw = generator((3, 16, 16)).eval()
    latents = torch.randn(4, 6)
    expected = draw(latents)
    critic = discriminator((3, 16, 16))
    scores = critic(expected)
    torch.testing.assert_close(draw(latents[:1]), expected[:1], rtol=1e-4, atol=1e-5)
    draw.to(memory_format=torch.channels_last)
    critic.to(memory_format=torch.channels_last)
    torch.testing.assert_close(draw(latents), expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(critic(expected), scores, rtol=1e-4, atol=1e-5)


def test_bfloat16_changes_little_and_ends_in_full_precision() -> None:
    draw, critic, latents = generator((3, 16, 16)), discriminator((3, 16, 16)), torch.randn(4, 6)
    draw.alpha.fill_(0.3)
    critic.alpha.fill_(0.3)
    images = draw(latents)
    scores = critic(images)
    with torch.autocast("cpu", torch.bfloat16):
        found, scores_after = draw(latents), critic(images)
    assert found.dtype == scores_after.dtype == torch.float32
    assert (found - images).norm() < 0.03 * images.norm()
    assert (scores_after - scores).norm() < 0.05 * scores.norm()


@pytest.mark.parametrize(("image", "taps"), [((1, 8, 8), (1, 1)), ((1, 9, 7), (1, 3, 3, 1))], ids=str)
def test_the_penalties_derivatives_are_right_in_float64(
    image: Shape, taps: tuple[float, ...], differentiate: Differentiate
) -> None:
    critic = discriminator(image, taps=taps).double()
    critic.alpha.fill_(0.3)
    images = torch.randn(4, *image, dtype=torch.float64)

    def squared_slope() -> Tensor:
        given = images.requires_grad_()
        (slope,) = torch.autograd.grad(critic(given).sum(), given, create_graph=True)
        return slope.square().sum()

    for name in ("blocks.0.first.weight", "from_image.0.weight", f"from_image.{len(critic.blocks) - 1}.weight"):
        weight = critic.get_parameter(name)
        numeric, exact = differentiate(squared_slope, weight)
        assert numeric == pytest.approx(exact, rel=1e-4)


def test_the_discriminator_compares_samples_by_default() -> None:
    assert couples_samples(discriminator((3, 8, 8)))
    assert not couples_samples(ProgressiveDiscriminator.Spec(channel_base=64, minibatch=None).build((3, 8, 8), (1,)))


@pytest.mark.parametrize("taps", [(1,), (1, 2, 1), (1, -1)], ids=str)
def test_taps_without_a_centre_between_pixels_or_a_sum_are_refused(taps: tuple[float, ...]) -> None:
    with pytest.raises(SpecError, match="taps"):
        ProgressiveDiscriminator.Spec.read({"taps": list(taps)})


def test_a_condition_that_is_an_image_is_refused() -> None:
    for spec, inputs, outputs in (
        (ProgressiveGenerator.Spec(channel_base=64), (6,), (3, 8, 8)),
        (ProgressiveDiscriminator.Spec(channel_base=64), (3, 8, 8), (1,)),
    ):
        with pytest.raises(ShapeError, match="no embedding of an image"):
            spec.build(inputs, outputs, Condition(shape=(3, 8, 8)))
