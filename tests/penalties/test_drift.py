"""A penalty on scores that drift away from zero."""

import pytest
import torch
from torch import Tensor, nn

from sparring.adversary import Critic, GeneratedBatch, Penalizer, score
from sparring.game import Batch
from sparring.penalties import Drift


def identity(samples: Tensor) -> Tensor:
    return samples


def test_it_is_a_thousandth_of_the_mean_square_of_the_scores_of_real_samples() -> None:
    batch = Batch(torch.tensor([[1.0], [-3.0]]), None, 0, torch.Generator())
    generated = GeneratedBatch.from_latents(identity, torch.tensor([[7.0], [9.0]]))
    scores = score(Critic(identity), batch, generated, Penalizer([Drift()], nn.Identity()))
    assert scores.penalties["Drift"].item() == pytest.approx(0.001 * (1 + 9) / 2)
