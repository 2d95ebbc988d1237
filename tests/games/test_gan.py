"""The game of 2014: which samples, which losses, which conditions."""

import pytest
import torch
from torch import Tensor

from sparring.game import Batch
from sparring.games import GAN
from sparring.latents import Gaussian
from sparring.losses import Hinge, LeastSquares
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1, GradientPenalty

SAMPLE = (1, 2, 3)


def play(**rules: object) -> GAN:
    torch.manual_seed(0)
    cast = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "prior": Gaussian(size=3)}
    game = GAN.Spec(**{**cast, **rules}).build(SAMPLE, Condition(3))  # type: ignore[arg-type]
    assert isinstance(game, GAN)
    return game


def batch(step: int = 0) -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, torch.tensor([0, 1, 2, 0, 1, 2]), step, torch.Generator().manual_seed(2))


def test_losses_are_those_of_the_scores_of_real_and_drawn_samples() -> None:
    game = play(losses=LeastSquares())
    given = batch()
    fake = game.generator(game.spec.prior.draw(6, torch.Generator().manual_seed(2)))
    real_scores, fake_scores = game.discriminator(given.real), game.discriminator(fake)
    found = game.discriminate(given)
    assert found.keys() == {"adversarial"}
    torch.testing.assert_close(found["adversarial"], LeastSquares().discriminator(real_scores, fake_scores))
    torch.testing.assert_close(game.generate(batch())["adversarial"], LeastSquares().generator(fake_scores))
    torch.testing.assert_close(given.observations["score_real"], real_scores.mean().detach())


def test_penalties_are_addends_of_the_discriminator_alone() -> None:
    game = play(penalties=(R1(every=2), GradientPenalty()))
    assert game.discriminate(batch()).keys() == {"adversarial", "R1", "GradientPenalty"}
    assert game.discriminate(batch(step=1)).keys() == {"adversarial", "GradientPenalty"}
    assert game.generate(batch()).keys() == {"adversarial"}


def test_an_unconditional_game_passes_labels_over() -> None:
    game = play()
    assert game.condition == Condition()
    assert game.discriminate(batch())["adversarial"].isfinite()
    assert game.draw(4, torch.Generator()).shape == (4, *SAMPLE)


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_both_players_of_a_conditional_game_are_told_the_class_of_the_real_sample(player: str) -> None:
    game, told = play(conditional=True, losses=Hinge()), []
    network = game.get_submodule(player)
    network.register_forward_pre_hook(lambda _module, inputs: told.append(inputs[1]))
    game.discriminate(batch())
    game.generate(batch())
    given = batch().condition
    assert given is not None
    assert torch.equal(torch.cat(told), given.repeat(2 if player == "generator" else 3))


def test_classes_that_nobody_chose_are_drawn_evenly() -> None:
    game, told = play(conditional=True), []
    game.generator.register_forward_pre_hook(lambda _module, inputs: told.append(inputs[1]))
    game.draw(3000, torch.Generator().manual_seed(0))
    counts: Tensor = torch.bincount(told[0], minlength=3)
    assert counts.min() > 900
