"""How a spec builds the network that it is nested in."""

from typing import Any

import pytest
import torch
from torch import Tensor

from sparring.network import Condition, Network, Shape


class Widen(Network):
    """Repeats its input."""

    class Spec(Network.Spec):
        """How often."""

        times: int = 2

    def __init__(self, spec: Spec, inputs: Shape, outputs: Shape, condition: Condition) -> None:
        super().__init__()
        self.built_from = (spec, inputs, outputs, condition)

    def forward(self, inputs: Tensor, condition: Tensor | None = None) -> Tensor:
        return inputs.repeat(1, self.built_from[0].times)


class Heir(Widen):
    """Takes its parent's spec as it is."""


def test_a_spec_builds_the_network_that_it_is_nested_in() -> None:
    network: Any = Widen.Spec(times=3).build((2,), (6,), Condition(5))
    assert type(network) is Widen
    assert network.built_from == (Widen.Spec(times=3), (2,), (6,), Condition(5))
    assert network(torch.ones(1, 2)).shape == (1, 6)


def test_a_network_has_no_condition_unless_one_is_given() -> None:
    network: Any = Widen.Spec().build((2,), (4,))
    assert network.built_from[3] == Condition(0)


def test_an_heir_without_a_spec_of_its_own_leaves_its_parents_spec_alone() -> None:
    assert Widen.Spec.network is Widen
    assert Heir.Spec is Widen.Spec


def test_a_network_is_known_by_its_own_name() -> None:
    assert Widen.Spec.kind() == "Widen"
    assert Network.Spec.members["Widen"] is Widen.Spec


def test_a_network_must_say_what_it_computes() -> None:
    with pytest.raises(NotImplementedError):
        Network()(torch.zeros(1))
