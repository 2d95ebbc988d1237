"""DCGAN as published: channels, layers without normalization, initial weights."""

import pytest
import torch
from torch import nn

from sparring.layers.minibatch import MinibatchDiscrimination, MinibatchStandardDeviation, MinibatchStatistic
from sparring.layers.normalization import NoNorm, SpectralNorm
from sparring.network import Condition, couples_samples
from sparring.networks import DCGANDiscriminator, DCGANGenerator


def test_a_64x64_image_goes_through_the_published_grids_and_channels() -> None:
    generator, discriminator = (
        kind.Spec(width=128).build(*shapes)
        for kind, shapes in ((DCGANGenerator, ((100,), (3, 64, 64))), (DCGANDiscriminator, ((3, 64, 64), (1,))))
    )
    assert isinstance(generator, DCGANGenerator)
    assert isinstance(discriminator, DCGANDiscriminator)
    assert generator.base == (1024, 4, 4)
    assert [(layer.in_channels, layer.out_channels) for layer in generator.grow] == [  # type: ignore[union-attr]
        (1024, 512), (512, 256), (256, 128), (128, 3)
    ]  # fmt: skip
    assert [layer.out_channels for layer in discriminator.shrink] == [128, 256, 512, 1024]  # type: ignore[union-attr]
    kernels = {layer.kernel_size for layer in (*generator.grow, *discriminator.shrink)}  # type: ignore[union-attr]
    assert kernels == {(4, 4)}


def test_the_outer_layers_are_not_normalized_and_biases_stand_only_where_they_matter() -> None:
    discriminator = DCGANDiscriminator.Spec(width=4).build((3, 32, 32), (1,))
    generator = DCGANGenerator.Spec(width=4).build((6,), (3, 32, 32))
    assert [type(layer) for layer in discriminator.normalize] == [nn.Identity, nn.BatchNorm2d, nn.BatchNorm2d]  # type: ignore[arg-type,union-attr]
    assert [layer.bias is not None for layer in discriminator.shrink] == [True, False, False]  # type: ignore[union-attr]
    assert [layer.bias is not None for layer in generator.grow] == [False, False, True]  # type: ignore[union-attr]
    bare = DCGANDiscriminator.Spec(width=4, normalization=NoNorm()).build((3, 32, 32), (1,))
    assert all(layer.bias is not None for layer in bare.shrink)  # type: ignore[union-attr]


def test_weights_begin_as_published() -> None:
    torch.manual_seed(0)
    for network in (
        DCGANGenerator.Spec(width=32).build((64,), (3, 32, 32)),
        DCGANDiscriminator.Spec(width=32).build((3, 32, 32), (1,)),
    ):
        for layer in network.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                assert abs(layer.weight.std().item() - 0.02) < 0.004
                assert layer.bias is None or not layer.bias.any()
            elif isinstance(layer, nn.BatchNorm2d):
                assert abs(layer.weight.mean().item() - 1) < 0.02
                assert not layer.bias.any()


def test_spectral_norm_keeps_the_initial_directions() -> None:
    networks = []
    for how in (None, SpectralNorm()):
        torch.manual_seed(0)
        spec = DCGANDiscriminator.Spec(width=4, normalization=NoNorm(), reparametrization=how)
        networks.append(spec.build((3, 8, 8), (1,)))
    plain, normed = (network.get_submodule("head") for network in networks)
    assert torch.equal(normed.get_parameter("parametrizations.weight.original"), plain.get_parameter("weight"))


def test_a_conditional_discriminator_sees_the_class_as_one_more_plane() -> None:
    network = DCGANDiscriminator.Spec(width=4).build((3, 8, 8), (1,), Condition(10))
    assert network.get_submodule("shrink.0").in_channels == 4
    assert network.get_parameter("conditioner.embedding.weight").shape == (10, 64)


def test_features_are_what_the_last_layer_looks_at() -> None:
    network = DCGANDiscriminator.Spec(width=4, normalization=NoNorm()).build((3, 16, 16), (1,))
    given = torch.randn(2, 3, 16, 16)
    features = network.features(given)
    assert features.shape == (2, 8 * 4 * 4)
    torch.testing.assert_close(network.get_submodule("head")(features), network(given))


@pytest.mark.parametrize(
    ("minibatch", "features"),
    [(MinibatchStandardDeviation(), 9 * 4 * 4), (MinibatchDiscrimination(kernels=7), 8 * 4 * 4 + 7)],
    ids=repr,
)
def test_a_minibatch_statistic_is_shown_to_the_last_layer(minibatch: MinibatchStatistic, features: int) -> None:
    spec = DCGANDiscriminator.Spec(width=4, normalization=NoNorm(), minibatch=minibatch)
    assert type(spec).from_yaml(spec.to_yaml()) == spec
    network = spec.build((3, 16, 16), (1,))
    for count in (1, 3):
        assert network.features(torch.randn(count, 3, 16, 16)).shape == (count, features)
        assert network(torch.randn(count, 3, 16, 16)).shape == (count, 1)
    assert couples_samples(network)
