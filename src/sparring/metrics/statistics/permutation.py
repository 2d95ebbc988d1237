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
    """The squared MMD of two sets, and `p`: the probability of as large a value for random splits of all samples."""

    mmd: float
    p: float
    permutations: int


def permutation_test(
    real: Tensor, fake: Tensor, kernel: KernelFunction, permutations: int = 1000, seed: int = 0
) -> PermutationTest:
    """Returns whether `real` [N, d] and `fake` [M, d] could be of one distribution, by their MMD (Gretton et al. 2012).

    The pooled samples are split at random into sets of N and M, `permutations` times, by `seed`. If all are of one
    distribution, the actual split is as likely as any other: p = (1 + splits with an unbiased MMD² as large) /
    (1 + all splits) is then at most α with probability α, for any N and M. Memory is that of (N + M)² numbers.

    Raises:
        MetricError: a set has fewer than 2 samples, numbers that are not finite, or a different d; no
            permutations.
    """
    check_features("permutation test", 2, real=real, fake=fake)
    if permutations < 1:
        raise MetricError(f"permutation test: got {permutations} permutations; needs at least 1")
    samples = torch.cat((real, fake)).detach().cpu().double()
    pairs = kernel(samples, samples).double().fill_diagonal_(0)
    random, count, total = torch.Generator().manual_seed(seed), len(real), float(pairs.sum())
    splits = torch.zeros(len(samples), 1 + permutations, dtype=torch.float64)
    splits[:count, 0] = 1
    for column in range(1, 1 + permutations):
        splits[torch.randperm(len(samples), generator=random)[:count], column] = 1
    within, to_all = torch.cat([_sums(pairs, some) for some in torch.split(splits, _COLUMNS, 1)], 1)
    between = to_all - within
    others = total - within - 2 * between
    rest = len(fake)
    values = within / (count * (count - 1)) + others / (rest * (rest - 1)) - 2 * between / (count * rest)
    as_large = int((values[1:] >= values[0] - 1e-12).sum())
    return PermutationTest(float(values[0]), (1 + as_large) / (1 + permutations), permutations)


def _sums(pairs: Tensor, splits: Tensor) -> Tensor:
    """Returns the sums of `pairs` [n, n] within the first set of each split [n, K], and from that to all, [2, K]."""
    reached = pairs @ splits
    return torch.stack(((reached * splits).sum(0), reached.sum(0)))
