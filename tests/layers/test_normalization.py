"""What every normalization and every reparametrization promises."""

import pytest
import torch
from torch import nn

from sparring.layers.normalization import (
    InstanceNorm,
    LayerNorm,
    Normalization,
    Reparametrization,
    SpectralNorm,
    reparametrize,
)

NORMALIZATIONS = [member() for _, member in sorted(Normalization.members.items())]
REPARAMETRIZATIONS = [member() for _, member in sorted(Reparametrization.members.items())]

every_normalization = pytest.mark.parametrize("kind", NORMALIZATIONS, ids=repr)


def activations() -> torch.Tensor:
    return torch.randn(4, 6, 5, 3, generator=torch.Generator().manual_seed(0)) * 3 + 2


@every_normalization
def test_a_normalization_keeps_the_shape_and_survives_yaml(kind: Normalization) -> None:
    assert kind.layer(6)(activations()).shape == (4, 6, 5, 3)
    assert type(kind).from_yaml(kind.to_yaml()) == kind


@every_normalization
def test_it_says_truly_whether_a_bias_before_it_has_no_effect(kind: Normalization) -> None:
    layer, bias = kind.layer(6), torch.linspace(-2, 2, 6)[:, None, None]
    same = torch.allclose(layer(activations() + bias), layer(activations()), atol=1e-4)
    assert same == kind.cancels_bias


@pytest.mark.parametrize(("kind", "over"), [(LayerNorm(), (1, 2, 3)), (InstanceNorm(), (2, 3))], ids=repr)
def test_statistics_of_one_sample_do_not_depend_on_the_others(kind: Normalization, over: tuple[int, ...]) -> None:
    layer, given = kind.layer(6), activations()
    torch.testing.assert_close(layer(given)[:1], layer(given[:1]))
    torch.testing.assert_close(layer(given).mean(over), torch.zeros_like(given.mean(over)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", REPARAMETRIZATIONS, ids=repr)
def test_every_layer_with_a_kernel_is_reparametrized_and_nothing_else(kind: Reparametrization) -> None:
    network = nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3), nn.ConvTranspose2d(3, 3, 3), nn.Flatten(), nn.Linear(48, 2)
    )
    reparametrize(network, kind)
    wrapped = [index for index, layer in enumerate(network) if hasattr(layer, "parametrizations")]
    assert wrapped == [0, 2, 4]
    assert network(torch.randn(2, 2, 4, 4)).shape == (2, 2)
    assert type(kind).from_yaml(kind.to_yaml()) == kind


def test_nothing_is_done_where_nothing_is_asked_for() -> None:
    network = nn.Linear(2, 2)
    before = network.weight.clone()
    reparametrize(network, None)
    assert torch.equal(network.weight, before)
    assert list(network.state_dict()) == ["weight", "bias"]


def test_spectral_norm_brings_the_largest_singular_value_to_one() -> None:
    torch.manual_seed(0)
    layer = SpectralNorm().wrap(nn.Linear(7, 5))
    for _ in range(100):
        layer(torch.zeros(1, 7))
    assert torch.linalg.matrix_norm(layer.weight, 2).item() == pytest.approx(1, abs=1e-4)  # type: ignore[arg-type]
