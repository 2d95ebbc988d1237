"""Losses of a policy: generalized advantages and the clipped surrogate of PPO."""

import torch
from torch import Tensor


def generalized_advantages(
    rewards: Tensor, values: Tensor, lengths: Tensor, terminated: Tensor, discount: float, trace: float
) -> Tensor:
    """Returns the advantages of the actions of E episodes, [E, T] (Schulman et al. 2016, eq. 16).

    A_t = Σ_l (γλ)^l δ_{t+l},   δ_t = r_t + γ V(s_{t+1}) - V(s_t),   with γ the `discount` and λ the `trace`.

    `rewards` [E, T] and `values` [E, T + 1] are padded after an episode's length [E]; advantages are 0 there. After
    the last action of a `terminated` [E] episode the value is 0; a truncated episode is bootstrapped with the value
    of its last state (Pardo et al. 2018).
    """
    times = torch.arange(rewards.shape[1], device=rewards.device)
    valid = times < lengths[:, None]
    ended = terminated[:, None] & (times == lengths[:, None] - 1)
    deltas = (rewards + discount * values[:, 1:] * ~ended - values[:, :-1]) * valid
    advantages = torch.zeros_like(deltas)
    following = torch.zeros_like(deltas[:, 0])
    # A_t = δ_t + γλ A_{t+1}, backwards in time
    for time in reversed(range(deltas.shape[1])):
        following = deltas[:, time] + discount * trace * following
        advantages[:, time] = following
    return advantages


def clipped_surrogate(ratios: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """Returns E[min(ρ A, clip(ρ, 1 - ε, 1 + ε) A)], to be maximised (Schulman et al. 2017, PPO, eq. 7).

    `ratios` [N] is ρ, the probability of each action under the policy over that under the one that acted,
    `advantages` [N] is A, `clip` is ε.
    """
    bounded = ratios.clamp(1 - clip, 1 + clip)
    return torch.minimum(ratios * advantages, bounded * advantages).mean()
