"""How a network is told its class."""

import pytest
import torch

from sparring.errors import ShapeError
from sparring.layers.conditioning import ClassConcatenation, Unconditional, concatenation


def test_no_classes_means_no_condition() -> None:
    told = concatenation(0, (3, 4, 4))
    given = torch.randn(2, 3, 4, 4)
    assert isinstance(told, Unconditional)
    assert told(given, None) is given
    assert told.added == 0
    with pytest.raises(ShapeError, match="conditional=true"):
        told(given, torch.tensor([0, 1]))


@pytest.mark.parametrize("shape", [(5,), (3, 4, 6), (1, 1, 1)])
def test_what_a_class_adds_stands_behind_what_was_given(shape: tuple[int, ...]) -> None:
    told = concatenation(3, shape)
    given = torch.randn(4, *shape)
    found = told(given, torch.tensor([0, 1, 2, 0]))
    assert isinstance(told, ClassConcatenation)
    assert found.shape == (4, shape[0] + told.added, *shape[1:])
    assert torch.equal(found[:, : shape[0]], given)
    assert torch.equal(found[0, shape[0] :], found[3, shape[0] :])
    assert not torch.equal(found[0, shape[0] :], found[1, shape[0] :])


def test_a_class_that_is_not_given_is_asked_for() -> None:
    with pytest.raises(ShapeError, match="one class index a sample"):
        concatenation(3, (5,))(torch.zeros(1, 5), None)
