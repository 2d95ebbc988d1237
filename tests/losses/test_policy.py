"""Advantages and the clipped surrogate against their definitions."""

import torch
from torch import Tensor

from sparring.losses import clipped_surrogate, generalized_advantages


def by_definition(rewards: Tensor, values: Tensor, ended: bool, discount: float, trace: float) -> Tensor:
    """Returns the weighted sums of all later temporal differences, in one episode (Schulman et al. 2016, eq. 16)."""
    length = len(rewards)
    after = torch.cat((values[:length], torch.zeros(1) if ended else values[length : length + 1]))
    deltas = rewards + discount * after[1:] - after[:-1]
    weights = (discount * trace) ** torch.arange(length)
    return torch.stack([(weights[: length - move] * deltas[move:]).sum() for move in range(length)])


def test_advantages_of_padded_episodes_are_those_of_each_alone() -> None:
    random = torch.Generator().manual_seed(0)
    rewards, values = torch.randn(3, 6, generator=random), torch.randn(3, 7, generator=random)
    lengths, terminated = torch.tensor([6, 2, 4]), torch.tensor([True, False, True])
    advantages = generalized_advantages(rewards, values, lengths, terminated, 0.9, 0.8)
    for index, length in enumerate(lengths.tolist()):
        one = by_definition(rewards[index, :length], values[index], bool(terminated[index]), 0.9, 0.8)
        torch.testing.assert_close(advantages[index, :length], one)
        assert not advantages[index, length:].any()


def test_with_a_whole_trace_advantages_are_returns_less_what_was_expected() -> None:
    rewards, values = torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[0.5, 0.25, 1.0, 9.0]])
    advantages = generalized_advantages(rewards, values, torch.tensor([3]), torch.tensor([True]), 0.5, 1.0)
    torch.testing.assert_close(advantages, torch.tensor([[3.0 - 0.5, 4.0 - 0.25, 4.0 - 1.0]]))


def test_the_clipped_surrogate_takes_the_smaller_gain_and_the_larger_loss() -> None:
    ratios = torch.tensor([1.5, 0.5, 1.5, 0.5, 1.1])
    advantages = torch.tensor([1.0, 1.0, -1.0, -1.0, 2.0])
    expected = torch.tensor([1.2, 0.5, -1.5, -0.8, 2.2]).mean()
    torch.testing.assert_close(clipped_surrogate(ratios, advantages, 0.2), expected)


def test_there_is_no_gradient_where_the_gain_is_clipped() -> None:
    ratios = torch.tensor([1.5, 0.5, 1.5, 0.5], requires_grad=True)
    clipped_surrogate(ratios, torch.tensor([1.0, 1.0, -1.0, -1.0]), 0.2).backward()
    assert ratios.grad.tolist() == [0.0, 0.25, -0.25, 0.0]
