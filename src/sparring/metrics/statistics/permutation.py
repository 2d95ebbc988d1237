"""A permutation test: could two sets of samples be of one distribution?"""

from dataclasses import dataclass

import torch
from torch import Tensor

from sparring.errors import MetricError
from sparring.metrics.metric import check_features
from sparring.metrics.statistics.mmd import KernelFunction

_COLUMNS = 256


@dataclass(frozen=True)
class PermutationTest:
    """The squared MMD of two sets, and `p`: how often sets drawn at random from both have as large a one, or larger."""

    mmd: float
    p: float
    permutations: int


def permutation_test(
    real: Tensor, fake: Tensor, kernel: KernelFunction, permutations: int = 1000, seed: int = 0
) -> PermutationTest:
    """Returns whether `real` [N, d] and `fake` [M, d] could be of one distribution, by their MMD (Gretton et al. 2012).

    The samples are dealt to two sets of N and M at random, `permutations` times, by `seed`. Were they all of one
    distribution, the deal that was found would be as good as any other: p = (1 + those with an unbiased MMD² as
    large) / (1 + all) is then at most α with probability α, for any N and M. Memory is that of (N + M)² numbers.

    Raises:
        MetricError: a set has fewer than 2 samples, numbers that are not finite, or another d than the other; no
            permutations.
    """
    check_features("permutation test", 2, real=real, fake=fake)
    if permutations < 1:
        raise MetricError(f"permutation test: got {permutations} permutations; needs at least 1")
    samples = torch.cat((real, fake)).detach().cpu().double()
    pairs = kernel(samples, samples).double().fill_diagonal_(0)
    random, count, total = torch.Generator().manual_seed(seed), len(real), float(pairs.sum())
    deals = torch.zeros(len(samples), 1 + permutations, dtype=torch.float64)
    deals[:count, 0] = 1
    for column in range(1, 1 + permutations):
        deals[torch.randperm(len(samples), generator=random)[:count], column] = 1
    within, to_all = torch.cat([_sums(pairs, some) for some in torch.split(deals, _COLUMNS, 1)], 1)
    between = to_all - within
    others = total - within - 2 * between
    rest = len(fake)
    found = within / (count * (count - 1)) + others / (rest * (rest - 1)) - 2 * between / (count * rest)
    as_large = int((found[1:] >= found[0] - 1e-12).sum())
    return PermutationTest(float(found[0]), (1 + as_large) / (1 + permutations), permutations)


def _sums(pairs: Tensor, deals: Tensor) -> Tensor:
    """Returns for each deal [n, K] the sum of `pairs` [n, n] within its first set, and from that to all, [2, K]."""
    reached = pairs @ deals
    return torch.stack(((reached * deals).sum(0), reached.sum(0)))
