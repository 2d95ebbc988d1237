"""Weights in a box."""

import pytest
import torch
from torch import nn

from sparring.errors import SpecError
from sparring.penalties import WeightClipping


def test_weights_outside_the_box_move_to_its_wall_and_others_stay() -> None:
    weight = nn.Parameter(torch.tensor([-1.0, -0.01, 0.005, 0.2]))
    WeightClipping(limit=0.01)([weight])
    assert torch.equal(weight, torch.tensor([-0.01, -0.01, 0.005, 0.01]))


def test_a_box_without_size_is_refused() -> None:
    with pytest.raises(SpecError, match="limit: got 0"):
        WeightClipping.read({"limit": 0})
