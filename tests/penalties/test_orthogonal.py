"""Filters that should not resemble each other."""

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import Critic, PenaltyInputs
from sparring.games import GAN
from sparring.layers.normalization import SpectralNorm
from sparring.penalties import OrthogonalRegularization
from sparring.penalties.orthogonal import squared_inner_products


def value(player: nn.Module) -> Tensor:
    nothing = torch.zeros(1, 1)
    return OrthogonalRegularization().value(
        PenaltyInputs(
            Critic(lambda samples: samples), nothing, nothing, None, nothing, torch.Generator(), player=player
        )
    )


@pytest.mark.parametrize("shape", [(3, 7), (7, 3), (5, 5), (1, 4), (4, 1)])
def test_it_is_the_papers_formula_for_wide_and_for_tall_weights(shape: tuple[int, int]) -> None:
    filters = torch.randn(*shape, dtype=torch.float64)
    columns = filters.t()  # of the paper's W
    expected = (columns.t() @ columns * (1 - torch.eye(shape[0]))).square().sum()
    torch.testing.assert_close(squared_inner_products(filters), expected)


def test_orthogonal_filters_of_any_length_cost_nothing() -> None:
    layer = nn.Conv2d(2, 4, 3, bias=False)
    with torch.no_grad():
        orthogonal = torch.linalg.qr(torch.randn(18, 4))[0].t() * torch.tensor([[1.0], [2.0], [0.5], [3.0]])
        layer.weight.copy_(orthogonal.view(4, 2, 3, 3))
    assert value(layer).item() == pytest.approx(0, abs=1e-8)


def test_the_filters_of_a_transposed_convolution_are_those_of_its_outputs() -> None:
    layer = nn.ConvTranspose2d(6, 2, 2, bias=False)
    one, other = layer.weight[:, 0].flatten(), layer.weight[:, 1].flatten()
    torch.testing.assert_close(value(layer), 2 * (one @ other).square())


def test_all_layers_count_and_biases_and_scales_do_not() -> None:
    parts = [nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 5)]
    torch.testing.assert_close(value(nn.Sequential(*parts)), value(parts[0]) + value(parts[2]))


def test_a_reparametrized_weight_counts_as_it_learns_and_is_not_iterated() -> None:
    layer = nn.Linear(4, 3)
    before = value(layer)
    SpectralNorm().wrap(layer)
    vectors = {name: buffer.clone() for name, buffer in layer.named_buffers()}
    torch.testing.assert_close(value(layer), before)
    assert all(torch.equal(buffer, vectors[name]) for name, buffer in layer.named_buffers())


def test_both_players_may_have_it() -> None:
    both = {"penalties": ["OrthogonalRegularization"], "generator_penalties": ["OrthogonalRegularization"]}
    assert GAN.Spec.read(both).penalties == (OrthogonalRegularization(weight=1e-4),)  # type: ignore[attr-defined]
