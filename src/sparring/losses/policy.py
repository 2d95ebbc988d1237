"""What a policy minimises: advantages of what it did, and how far it may follow them at once."""

import torch
from torch import Tensor


def generalized_advantages(
    rewards: Tensor, values: Tensor, lengths: Tensor, terminated: Tensor, discount: float, trace: float
) -> Tensor:
    """Returns how much better than expected each move of E episodes was, [E, T] (Schulman et al. 2016, eq. 16).

    A_t = Σ_l (γλ)^l δ_{t+l},   δ_t = r_t + γ V(s_{t+1}) - V(s_t),   with γ the `discount` and λ the `trace`.

    `rewards` [E, T] and `values` [E, T + 1] are padded after an episode's length [E]; advantages are 0 there. After
    the last move of an episode that `terminated` [E] nothing more is to come; one that was cut off would have gone
    on, and its last state counts as its value says (Pardo et al. 2018).
    """
    moves = torch.arange(rewards.shape[1], device=rewards.device)
    played = moves < lengths[:, None]
    ended = terminated[:, None] & (moves == lengths[:, None] - 1)
    surprises = (rewards + discount * values[:, 1:] * ~ended - values[:, :-1]) * played
    advantages = torch.zeros_like(surprises)
    following = torch.zeros_like(surprises[:, 0])
    for move in reversed(range(surprises.shape[1])):
        following = surprises[:, move] + discount * trace * following
        advantages[:, move] = following
    return advantages


def clipped_surrogate(likelier: Tensor, advantages: Tensor, clip: float) -> Tensor:
    """Returns E[min(ρ A, clip(ρ, 1 - ε, 1 + ε) A)], to be maximised (Schulman et al. 2017, PPO, eq. 7).

    `likelier` [N] is ρ, how much likelier the policy has made each move since it was made, `advantages` [N] is A; there
    is no gain in a ρ farther than `clip`, ε, from 1.
    """
    bounded = likelier.clamp(1 - clip, 1 + clip)
    return torch.minimum(likelier * advantages, bounded * advantages).mean()
