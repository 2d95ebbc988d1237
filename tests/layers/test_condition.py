"""Conditions of every kind as tensors, and their learned embeddings."""

import pytest
import torch

from sparring.errors import SpecError
from sparring.layers.condition import Condition, ConditionLike
from sparring.layers.conditioning import Concatenation, ConditionalBatchNorm
from sparring.network import Network
from sparring.networks import MLP, DCGANGenerator

HERE = torch.device("cpu")


def test_several_labels_are_embedded_as_the_sum_of_their_vectors() -> None:
    embed = Condition(numbers=3).embedding(5)
    one, other, together = embed(torch.tensor([[1.0, 0, 0], [0, 0, 1], [1, 0, 1]]))
    torch.testing.assert_close(one + other, together)


def test_a_condition_is_of_classes_or_of_numbers() -> None:
    with pytest.raises(SpecError, match=r"got several: .*classes=3, numbers=2"):
        Condition(3, numbers=2)
    assert not Condition()
    assert Condition(3)
    assert Condition(numbers=1)


def test_a_condition_is_one_for_all_samples_or_one_for_each() -> None:
    classes, numbers = Condition(3), Condition(numbers=2)
    assert torch.equal(classes.as_tensor(2, 4, HERE), torch.tensor([2, 2, 2, 2]))  # type: ignore[arg-type]
    assert torch.equal(classes.as_tensor([0, 1], 2, HERE), torch.tensor([0, 1]))  # type: ignore[arg-type]
    assert torch.equal(numbers.as_tensor([0, 0.5], 3, HERE), torch.tensor([[0, 0.5]] * 3))  # type: ignore[arg-type]
    assert classes.as_tensor(None, 4, HERE) is None


def test_a_mixture_of_classes_is_a_vector_of_weights() -> None:
    mixture = Condition(3).as_tensor([0.5, 0.5, 0], 4, HERE)
    assert mixture is not None
    assert torch.equal(mixture, torch.tensor([[0.5, 0.5, 0]] * 4))
    each = torch.eye(3)[[2, 0]]
    assert torch.equal(Condition(3).as_tensor(each, 2, HERE), each)  # type: ignore[arg-type]


@pytest.mark.parametrize("features", [1, 7])
def test_a_mixture_of_one_class_is_that_class_exactly(features: int) -> None:
    condition, classes = Condition(5), torch.tensor([3, 0, 4])
    embed, weights = condition.embedding(features), torch.eye(5)[classes]
    assert torch.equal(embed(weights), embed(classes))
    assert torch.equal(condition.vector(weights), condition.vector(classes).float())


def test_between_classes_lies_the_mean_of_their_vectors() -> None:
    embed = Condition(3).embedding(5)
    one, other = embed(torch.tensor([0, 2]))
    torch.testing.assert_close(embed(torch.tensor([[0.25, 0, 0.75]])), torch.lerp(one, other, 0.75)[None])


@pytest.mark.parametrize(
    "spec",
    [
        DCGANGenerator.Spec(width=4, conditioning=ConditionalBatchNorm()),
        DCGANGenerator.Spec(width=4, conditioning=Concatenation()),
        MLP.Spec(width=4, conditioning=ConditionalBatchNorm()),
    ],
    ids=lambda spec: f"{spec.kind()}-{spec.conditioning.kind()}",
)
def test_a_one_hot_mixture_gives_the_same_outputs_as_its_class(spec: Network.Spec) -> None:
    torch.manual_seed(0)
    network = spec.build((6,), (2, 8, 8), Condition(3)).eval()
    latents, classes = torch.randn(4, 6), torch.tensor([0, 1, 2, 0])
    torch.testing.assert_close(network(latents, torch.eye(3)[classes]), network(latents, classes))


def test_numbers_are_drawn_from_examples_where_there_are_some() -> None:
    random = torch.Generator().manual_seed(0)
    even = Condition(numbers=2).draw(500, random)
    assert even is not None
    assert 0 <= even.min() < 0.05 < 0.95 < even.max() <= 1
    sampled = Condition(numbers=2, examples=((0.0, 1.0), (1.0, 0.0), (1.0, 0.0))).draw(3000, random)
    assert sampled is not None
    assert torch.equal(sampled.sum(1), torch.ones(3000))
    assert abs(sampled[:, 0].mean() - 2 / 3) < 0.03


def test_conditions_that_differ_in_their_examples_are_equal() -> None:
    assert Condition(numbers=1, examples=((0.5,),)) == Condition(numbers=1)
    assert "0.5" not in repr(Condition(numbers=1, examples=((0.5,),)))


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        (Condition(3), 3),
        (Condition(3), [0, 1]),
        (Condition(3), 0.5),
        (Condition(3), [0.5, 0.25, 0.5]),
        (Condition(3), [1.5, 0, -0.5]),
        (Condition(3), [0.5, 0.5]),
        (Condition(3), [float("nan"), 0.5, 0.5]),
        (Condition(numbers=2), 1),
        (Condition(numbers=2), [0.5, 1.5]),
        (Condition(numbers=2), [0.5, float("nan")]),
    ],
)
def test_an_impossible_condition_is_refused(condition: Condition, values: ConditionLike) -> None:
    needed = "2 from 0 to 1" if condition.numbers else "one whole number from 0 to 2"
    with pytest.raises(SpecError, match=rf"condition: got .*; needs {needed} for each of 4 samples"):
        condition.as_tensor(values, 4, HERE)
