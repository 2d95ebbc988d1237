"""Optimal transport in one dimension, exact by sorting."""

import torch
from torch import Tensor


def transport_cost(one: Tensor, other: Tensor, power: int) -> Tensor:
    """Returns W_p^p [K], p the `power`, between the columns of `one` [N, K] and of `other` [M, K], each sorted.

    W_p^p = ∫₀¹ |F⁻¹(q) − G⁻¹(q)|^p dq. Quantile functions of finite sets are steps, at multiples of
    1/N and 1/M; in units of 1/(NM) all steps are whole numbers, and the integral is an exact sum.

    >>> transport_cost(torch.tensor([[0.0]]), torch.tensor([[0.0], [3.0]]), power=2)  # half of the mass moves by 3
    tensor([4.5000])
    """
    count, others = len(one), len(other)
    if count == others:
        return (one - other).abs().pow(power).mean(dim=0)
    ends = torch.cat((torch.arange(1, count + 1) * others, torch.arange(1, others + 1) * count)).sort().values
    starts = torch.cat((ends.new_zeros(1), ends[:-1]))  # intervals between equal ends have width 0
    widths = ((ends - starts).double() / (count * others)).to(one.dtype)
    # The last interval has width 0 and starts past both sets, since multiples of 1/N and 1/M both end at 1: clamp it.
    gaps = one[(starts // others).clamp(max=count - 1)] - other[(starts // count).clamp(max=others - 1)]
    return widths @ gaps.abs().pow(power)
