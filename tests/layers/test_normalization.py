"""What every normalization and every reparametrization promises."""

from copy import deepcopy
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from sparring.layers.kernels import KernelLayer, as_filters
from sparring.layers.normalization import (
    InstanceNorm,
    LayerNorm,
    Normalization,
    PixelNorm,
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
def test_an_empty_batch_stays_one(kind: Normalization) -> None:
    assert kind.layer(6).eval()(activations()[:0]).shape == (0, 6, 5, 3)


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


def test_pixel_norm_gives_every_pixel_a_mean_square_of_one() -> None:
    found = PixelNorm().layer(6)(activations())
    torch.testing.assert_close(found.square().mean(1), torch.ones(4, 5, 3))
    torch.testing.assert_close(found, activations() / activations().norm(dim=1, keepdim=True) * 6**0.5)


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


LAYERS = [nn.Linear(7, 5), nn.Conv2d(3, 4, (3, 2)), nn.ConvTranspose2d(3, 4, (3, 2)), nn.Conv2d(2, 1, 1)]

every_layer = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)


def with_clear_maximum(layer: KernelLayer) -> KernelLayer:
    """A copy whose largest singular value is well above the next, so that power iteration settles."""
    layer = deepcopy(layer)
    torch.manual_seed(0)
    with torch.no_grad():
        filters = as_filters(layer, layer.weight)
        one, values, other = torch.linalg.svd(torch.randn_like(filters), full_matrices=False)
        target = layer.weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else layer.weight
        target.copy_((one * 0.8 ** torch.arange(len(values)) * 3 @ other).view_as(target))
        assert torch.linalg.svdvals(as_filters(layer, layer.weight))[0].item() == pytest.approx(3)
    return layer


@every_layer
def test_spectral_norm_divides_the_papers_matrix_by_its_largest_singular_value(layer: KernelLayer) -> None:
    given = with_clear_maximum(layer)
    exact = torch.linalg.svdvals(as_filters(given, given.weight))
    normed = SpectralNorm().wrap(deepcopy(given))
    for _ in range(30):  # one iteration each time the weight is asked for
        found = normed.weight
    assert isinstance(found, Tensor)
    singular = torch.linalg.svdvals(as_filters(given, found.detach()))
    assert singular[0].item() == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(singular, exact / exact[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(found, given.weight / exact[0], atol=1e-4, rtol=0)


@every_layer
def test_power_iteration_settles_at_the_square_of_the_ratio_of_singular_values(layer: KernelLayer) -> None:
    given = with_clear_maximum(layer).double()
    exact = torch.linalg.svdvals(as_filters(given, given.weight.detach()))[0]
    normed = SpectralNorm().wrap(deepcopy(given))
    errors = []
    for _ in range(12):
        found = normed.weight
        assert isinstance(found, Tensor)
        errors.append((torch.linalg.svdvals(as_filters(given, found.detach()))[0] - 1).item())
    assert all(error > -1e-9 for error in errors), "the estimate never exceeds the value"
    assert all(later <= 0.8**3 * sooner + 1e-9 for sooner, later in pairwise(errors[4:])), exact


def test_evaluation_leaves_the_singular_vectors_alone() -> None:
    layer = SpectralNorm().wrap(nn.Linear(7, 5)).eval()
    first, second = layer.weight, layer.weight
    assert isinstance(first, Tensor)
    assert isinstance(second, Tensor)
    assert torch.equal(first, second)
