"""What a layer says of a batch."""

from math import prod

import pytest
import torch
from torch import Tensor

from sparring.errors import SpecError
from sparring.layers.minibatch import MinibatchDiscrimination, MinibatchStandardDeviation, MinibatchStatistic
from sparring.network import couples_samples

MEMBERS = [member() for _, member in sorted(MinibatchStatistic.members.items())]

every_statistic = pytest.mark.parametrize("kind", MEMBERS, ids=repr)
every_shape = pytest.mark.parametrize("shape", [(6,), (2, 3, 5)], ids=str)


def features(count: int, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(0))


@every_statistic
@every_shape
@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_features_are_passed_on_and_something_is_added_for_a_batch_of_any_size(
    kind: MinibatchStatistic, shape: tuple[int, ...], count: int
) -> None:
    torch.manual_seed(0)
    layer, given = kind.layer(shape), features(count, shape)
    found = layer(given)
    assert found.shape == (count, *layer.outputs)
    assert found.isfinite().all()
    assert torch.equal(found.flatten(1)[:, : prod(shape)], given.flatten(1))
    assert type(kind).from_yaml(kind.to_yaml()) == kind


@every_statistic
@every_shape
def test_gradients_are_finite_where_all_samples_are_equal(kind: MinibatchStatistic, shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    layer = kind.layer(shape)
    for count in (1, 4):
        given = torch.ones(count, *shape, requires_grad=True)
        (slope,) = torch.autograd.grad(layer(given).square().sum(), given, create_graph=True)
        assert slope.isfinite().all()
        (second,) = torch.autograd.grad(slope.square().sum(), given)
        assert second.isfinite().all()


@every_statistic
def test_samples_see_each_other_and_the_layer_says_so(kind: MinibatchStatistic) -> None:
    torch.manual_seed(0)
    layer, given = kind.layer((6,)), features(4, (6,))
    other = given.clone()
    other[1] = 0
    assert not torch.equal(layer(given)[0], layer(other)[0])
    assert couples_samples(layer)


@every_statistic
def test_the_order_of_a_batch_means_nothing(kind: MinibatchStatistic) -> None:
    torch.manual_seed(0)
    layer, given, order = kind.layer((6,)), features(4, (6,)), torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(layer(given[order]), layer(given)[order])


def test_the_standard_deviation_is_that_of_each_feature_averaged() -> None:
    given = features(5, (2, 3, 4))
    found = MinibatchStandardDeviation().layer((2, 3, 4))(given)
    expected = given.std(0, correction=0).mean()
    torch.testing.assert_close(found[:, 2], expected.expand(5, 3, 4))
    alone = MinibatchStandardDeviation().layer((2,))(torch.ones(1, 2))
    assert alone[0, 2].item() == pytest.approx(0, abs=2e-4)


@pytest.mark.parametrize(("count", "groups"), [(8, 2), (4, 1), (2, 1), (6, 1), (7, 1), (10, 2), (1, 1)])
def test_groups_are_dealt_evenly_and_compared_within_themselves(count: int, groups: int) -> None:
    given = features(count, (2, 3, 4))
    found = MinibatchStandardDeviation(group=4).layer((2, 3, 4))(given)[:, 2]
    for index in range(groups):
        own = given[index::groups]
        expected = (own.var(0, correction=0) + 1e-8).sqrt().mean()
        torch.testing.assert_close(found[index::groups], expected.expand(len(own), 3, 4))


def test_discrimination_is_the_papers_formula() -> None:
    torch.manual_seed(0)
    layer, given = MinibatchDiscrimination(kernels=3, features=2).layer((4,)), features(5, (4,))
    rows = (given @ layer.get_parameter("project.weight").t()).view(5, 3, 2)
    found = layer(given)[:, 4:]
    for i in range(5):
        for kernel in range(3):
            near = sum(torch.exp(-(rows[i, kernel] - rows[j, kernel]).abs().sum()) for j in range(5))
            torch.testing.assert_close(found[i, kernel], near)


def test_equal_samples_are_as_near_as_can_be() -> None:
    torch.manual_seed(0)
    layer = MinibatchDiscrimination(kernels=3).layer((4,))
    assert torch.equal(layer(torch.ones(6, 4))[:, 4:], torch.full((6, 3), 6.0))


@pytest.mark.parametrize("field", ["kernels", "features"])
def test_nothing_to_compare_by_is_refused(field: str) -> None:
    with pytest.raises(SpecError, match=f"{field}: got 0"):
        MinibatchDiscrimination.read({field: 0})
