"""Where a network takes its condition: at its inputs, in its normalizations, at its outputs."""

import pytest
import torch
from torch import nn

from sparring.errors import ShapeError, SpecError
from sparring.layers.condition import Condition
from sparring.layers.conditioning import (
    Concatenation,
    ConditionalBatchNorm,
    ConditionCheck,
    ConditionConcatenation,
    Conditioning,
    Modulation,
    ProjectedCondition,
    Projection,
    concatenation,
)
from sparring.network import Network
from sparring.networks import MLP, DCGANDiscriminator, DCGANGenerator

CONDITIONS = {
    Condition(3): torch.tensor([0, 1, 2, 0]),
    Condition(numbers=2): torch.tensor([[0.0, 1], [1, 1], [0.5, 0], [0, 1]]),
}

both = pytest.mark.parametrize("condition", list(CONDITIONS), ids=["classes", "numbers"])


def test_no_classes_means_no_condition() -> None:
    conditioner = concatenation(Condition(), (3, 4, 4))
    inputs = torch.randn(2, 3, 4, 4)
    assert isinstance(conditioner, ConditionCheck)
    assert conditioner(inputs, None) is inputs
    assert conditioner.added == 0
    with pytest.raises(ShapeError, match="conditional=true"):
        conditioner(inputs, torch.tensor([0, 1]))


@both
@pytest.mark.parametrize("shape", [(5,), (3, 4, 6), (1, 1, 1)])
def test_the_embedding_of_a_condition_follows_the_inputs(condition: Condition, shape: tuple[int, ...]) -> None:
    conditioner = concatenation(condition, shape)
    inputs = torch.randn(4, *shape)
    joined = conditioner(inputs, CONDITIONS[condition])
    assert isinstance(conditioner, ConditionConcatenation)
    assert joined.shape == (4, shape[0] + conditioner.added, *shape[1:])
    assert torch.equal(joined[:, : shape[0]], inputs)
    assert torch.equal(joined[0, shape[0] :], joined[3, shape[0] :])
    assert not torch.equal(joined[0, shape[0] :], joined[1, shape[0] :])


def test_a_missing_condition_is_refused() -> None:
    with pytest.raises(ShapeError, match="one class index, or one vector, a sample"):
        concatenation(Condition(3), (5,))(torch.zeros(1, 5), None)


def test_modulation_scales_and_shifts_each_channel_by_class() -> None:
    modulate = Modulation(Condition(3), 2)
    inputs, classes = torch.randn(4, 2, 3, 5), torch.tensor([2, 0, 2, 1])
    assert abs(modulate(inputs, classes) - inputs).max() < 0.5
    nn.init.normal_(modulate.shift.get_parameter("weight"))
    scale, shift = (getattr(modulate, name).weight[classes][:, :, None, None] for name in ("scale", "shift"))
    torch.testing.assert_close(modulate(inputs, classes), (1 + scale) * inputs + shift)
    vectors = inputs[:, :, 0, 0]
    torch.testing.assert_close(modulate(vectors, classes), modulate(inputs, classes)[:, :, 0, 0])


@both
def test_a_projection_adds_the_inner_product_of_features_and_the_embedding_of_the_condition(
    condition: Condition,
) -> None:
    project = ProjectedCondition(condition, 5, 2)
    scores, features, values = torch.randn(4, 2), torch.randn(4, 5), CONDITIONS[condition]
    learned = project.embed.weight.view(2, 5, condition.size)
    expected = scores + torch.einsum("nk,ofk,nf->no", condition.vector(values).float(), learned, features)
    torch.testing.assert_close(project(scores, features, values), expected)
    with pytest.raises(ShapeError, match="needs a condition"):
        project(scores, features, None)


CASES: list[tuple[Network.Spec, tuple[int, ...], tuple[int, ...]]] = [
    (DCGANGenerator.Spec(width=4, conditioning=ConditionalBatchNorm()), (6,), (2, 16, 16)),
    (DCGANDiscriminator.Spec(width=4, conditioning=ConditionalBatchNorm()), (2, 16, 16), (1,)),
    (DCGANDiscriminator.Spec(width=4, conditioning=Projection()), (2, 16, 16), (1,)),
    (MLP.Spec(width=4, conditioning=ConditionalBatchNorm()), (6,), (2, 8, 8)),
    (MLP.Spec(width=4, dropout=0.1, conditioning=ConditionalBatchNorm()), (2, 8, 8), (1,)),
    (MLP.Spec(width=4, conditioning=Projection()), (2, 8, 8), (1,)),
    (MLP.Spec(width=4, depth=0, conditioning=Projection()), (6,), (1,)),
]

every_case = pytest.mark.parametrize(("spec", "inputs", "outputs"), CASES, ids=lambda value: str(value)[:60])


@both
@every_case
def test_a_condition_reaches_every_weight_and_changes_the_outputs(
    spec: Network.Spec, inputs: tuple[int, ...], outputs: tuple[int, ...], condition: Condition
) -> None:
    torch.manual_seed(0)
    network, values = spec.build(inputs, outputs, condition), CONDITIONS[condition]
    assert type(spec).from_yaml(spec.to_yaml()) == spec
    samples = torch.randn(4, *inputs)
    output = network(samples, values)
    assert output.shape == (4, *outputs)
    (output * torch.randn(output.shape)).sum().backward()
    assert not [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    network.eval()
    other = values.clone()
    other[1] = other[0]
    assert not torch.equal(network(samples, values)[1], network(samples, other)[1])
    assert torch.equal(network(samples, values)[2], network(samples, other)[2])
    with pytest.raises(ShapeError, match="needs a condition"):
        network(samples)


@every_case
def test_input_gradients_of_a_conditional_discriminator_are_those_of_its_scores(
    spec: Network.Spec, inputs: tuple[int, ...], outputs: tuple[int, ...]
) -> None:
    if outputs != (1,):
        pytest.skip("a generator has no scores")
    network, values = spec.build(inputs, outputs, Condition(3)).double().eval(), CONDITIONS[Condition(3)]
    samples = torch.randn(4, *inputs, dtype=torch.float64, requires_grad=True)
    scores, gradients = network.input_gradient(samples, values)
    (expected,) = torch.autograd.grad(network(samples, values).sum(), samples)
    torch.testing.assert_close(gradients, expected)
    torch.testing.assert_close(scores, network(samples, values))


def test_conditional_batch_norm_stands_in_place_of_the_networks_own() -> None:
    network = DCGANGenerator.Spec(width=4, conditioning=ConditionalBatchNorm()).build((6,), (2, 16, 16), Condition(3))
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 2
    assert not any(norm.affine for norm in norms)
    assert network.get_submodule("grow.0").bias is None
    values = torch.randint(3, (64,))
    grid = network.get_submodule("normalize.0")(torch.randn(64, 8, 4, 4) * 3 + 2)
    shifted = network.get_submodule("modulate.0")(grid, values)
    weights = network.get_parameter("modulate.0.scale.weight")[values][:, :, None, None]
    torch.testing.assert_close(shifted, (1 + weights) * grid)


@pytest.mark.parametrize(
    ("conditioning", "build"),
    [
        (Projection(), lambda how: DCGANGenerator.Spec(width=4, conditioning=how).build((6,), (2, 8, 8), Condition(3))),
        (Projection(), lambda how: MLP.Spec(width=4, conditioning=how).build((6,), (2, 8, 8), Condition(3))),
        (
            ConditionalBatchNorm(),
            lambda how: DCGANDiscriminator.Spec(width=4, conditioning=how).build((2, 4, 4), (1,), Condition(3)),
        ),
        (ConditionalBatchNorm(), lambda how: MLP.Spec(depth=0, conditioning=how).build((2,), (1,), Condition(3))),
    ],
    ids=["projection-generator", "projection-MLP", "batch-norm-discriminator", "batch-norm-MLP"],
)
def test_a_network_without_a_place_for_its_condition_is_refused(conditioning: Conditioning, build: object) -> None:
    with pytest.raises(ShapeError, match=rf"no place for {conditioning.kind()}; .*conditioning=Concatenation"):
        build(conditioning)  # type: ignore[operator]


def test_a_conditioning_of_a_player_without_a_condition_is_refused() -> None:
    with pytest.raises(SpecError, match=r"conditioning=Projection, but this player has no condition.*conditional=true"):
        MLP.Spec(conditioning=Projection()).build((2,), (1,))
    assert MLP.Spec(conditioning=Concatenation()).build((2,), (1,))(torch.zeros(3, 2)).shape == (3, 1)
