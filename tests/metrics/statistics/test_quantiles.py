"""Transport in one dimension: exact for any counts and powers."""

import pytest
import torch

from sparring.metrics.statistics.quantiles import transport_cost


@pytest.mark.parametrize("power", [1, 2, 3])
def test_repeating_every_number_changes_nothing_with_unequal_counts(power):
    random = torch.Generator().manual_seed(0)
    one, other = (torch.randn(count, 5, generator=random).double().sort(0).values for count in (6, 4))
    repeated = transport_cost(one.repeat_interleave(2, 0), other.repeat_interleave(3, 0), power)
    assert torch.allclose(transport_cost(one, other, power), repeated, rtol=1e-12)


def test_each_column_stands_for_itself():
    one, other = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[2.0, 0.0], [3.0, 1.0]])
    assert transport_cost(one, other, power=1).tolist() == [2.0, 0.0]
