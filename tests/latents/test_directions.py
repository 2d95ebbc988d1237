"""Editing directions where they have a closed form."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.game import Game
from sparring.latents import (
    Latents,
    attribute_boundary,
    attribute_direction,
    factorize,
    find_styles,
    principal_components,
    shift_latents,
)
from sparring.layers.equalized import EqualizedLinear


def test_an_attribute_is_the_difference_of_two_means() -> None:
    latents = torch.randn(10, 4)
    having = torch.arange(10) % 3 == 0
    torch.testing.assert_close(attribute_direction(latents, having), latents[::3].mean(0) - latents[~having].mean(0))


@pytest.mark.parametrize("value", [0, 1])
def test_an_attribute_that_all_or_none_have_is_no_direction(value: int) -> None:
    with pytest.raises(SpecError, match="needs some with and without"):
        attribute_direction(torch.randn(3, 2), torch.full((3,), value))


def test_sefa_is_the_directions_that_a_linear_map_stretches_most() -> None:
    random = torch.Generator().manual_seed(0)
    weights = [torch.randn(rows, 5, generator=random, dtype=torch.float64) for rows in (7, 3)]
    vectors, strengths = factorize(weights, 3)
    _, stretches, directions = torch.linalg.svd(torch.cat(weights))
    torch.testing.assert_close(strengths, stretches[:3].square())
    torch.testing.assert_close((vectors * directions[:3]).sum(1).abs(), torch.ones(3, dtype=torch.float64))
    assert (vectors.gather(1, vectors.abs().argmax(1, keepdim=True)) > 0).all()


def test_the_style_weights_are_those_of_the_layers_of_each_w(styled: Game) -> None:
    network = find_styles(styled).network
    numbered: list[list[torch.Tensor]] = [[] for _ in range(network.styles)]

    def note(module: torch.nn.Module, inputs: tuple[torch.Tensor], _: torch.Tensor) -> None:
        assert isinstance(module, EqualizedLinear)
        numbered[int(inputs[0][0, 0])].append(module(torch.eye(network.width)).T - module.bias[:, None])

    for name, module in list(network.named_modules()):
        if name.endswith("affine"):
            module.register_forward_hook(lambda *call: None if len(call[1][0]) > 1 else note(*call))
    with torch.no_grad():
        network.synthesize(torch.arange(network.styles)[None, :, None].expand(1, -1, network.width).float())
    for expected, weights in zip(numbered, network.style_weights(), strict=True):
        torch.testing.assert_close(weights, torch.cat(expected), atol=1e-5, rtol=1e-5)


def test_principal_components_are_those_of_the_covariance() -> None:
    random = torch.Generator().manual_seed(0)
    axes = torch.linalg.qr(torch.randn(4, 4, generator=random, dtype=torch.float64))[0]
    latents = (
        torch.randn(20_000, 4, generator=random, dtype=torch.float64) * torch.tensor([3.0, 2.0, 1.0, 0.1]) @ axes.T
    )
    vectors, variances = principal_components(latents + 5, 2)
    torch.testing.assert_close((vectors * axes.T[:2]).sum(1).abs(), torch.ones(2).double(), atol=1e-3, rtol=0)
    torch.testing.assert_close(variances, latents.T.cov().diag().new_tensor([9.0, 4.0]), atol=0.2, rtol=0)


@pytest.mark.parametrize("count", [0, 6])
def test_no_more_directions_than_numbers(count: int) -> None:
    for find in (
        lambda: factorize([torch.randn(9, 5)], count),
        lambda: principal_components(torch.randn(99, 5), count),
    ):
        with pytest.raises(SpecError, match=f"directions: got {count}; there are from 1 to 5"):
            find()


def test_a_boundary_is_where_the_labels_change() -> None:
    latents = torch.randn(2000, 6, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 2, 1, 1, 0.5, 1])
    normal = torch.nn.functional.normalize(torch.tensor([1.0, -1, 0, 0, 2, 0]), dim=0)
    direction = attribute_boundary(latents, latents @ normal > 0.3)
    assert float(direction @ normal) > 0.99


def test_a_boundary_minimises_the_penalized_likelihood() -> None:
    random = torch.Generator().manual_seed(0)
    latents = torch.randn(200, 3, generator=random, dtype=torch.float64)
    latents = (latents - latents.mean(0)) / latents.std(0, correction=0)
    having = torch.rand(200, generator=random) < torch.sigmoid(latents[:, 0] * 2 + 1)
    weights = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, tolerance_grad=1e-12, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        logits = latents @ weights[:3] + weights[3]
        total = torch.nn.functional.binary_cross_entropy_with_logits(logits, having.double(), reduction="sum")
        total = total + weights[:3].square().sum() / 2
        total.backward()
        return total

    optimizer.step(loss)
    expected = torch.nn.functional.normalize(weights[:3].detach(), dim=0)
    torch.testing.assert_close(attribute_boundary(latents, having), expected, atol=1e-6, rtol=0)


@pytest.mark.parametrize("having", [torch.zeros(4), torch.ones(4), torch.tensor([0, 1])])
def test_a_boundary_needs_labels_of_both_kinds(having: torch.Tensor) -> None:
    with pytest.raises(SpecError, match=r"boundary: .* for 4 latents"):
        attribute_boundary(torch.randn(4, 2), having)


def test_a_shift_leaves_other_layers_unchanged() -> None:
    ws = Latents("w+", torch.zeros(1, 3, 2))
    step = torch.tensor([1.0, 2.0])
    assert shift_latents(ws, step, 2.0, (1,)).points[0].tolist() == [[0, 0], [2, 4], [0, 0]]
    assert shift_latents(ws, step, -1.0).points[0].tolist() == [[-1, -2]] * 3
    assert shift_latents(Latents("z", torch.zeros(1, 2)), step, 0.5).points.tolist() == [[0.5, 1]]
