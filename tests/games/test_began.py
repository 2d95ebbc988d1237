"""BEGAN: errors instead of scores, and the balance that is kept between them."""

import pytest
import torch

from sparring.game import Batch
from sparring.games import BEGAN
from sparring.latents import Uniform
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1

SAMPLE = (1, 2, 3)


def play(**rules: object) -> BEGAN:
    torch.manual_seed(0)
    players = {name: MLP.Spec(width=5) for name in ("generator", "discriminator", "decoder")}
    game = BEGAN.Spec(**{**players, "prior": Uniform(size=3), "hidden": 2, **rules}).build(SAMPLE)  # type: ignore[arg-type]
    assert isinstance(game, BEGAN)
    return game


def batch(parts: int = 1) -> Batch:
    real = torch.rand(6, *SAMPLE, generator=torch.Generator().manual_seed(1)) * 2 - 1
    return Batch(real, None, 0, torch.Generator().manual_seed(2), parts=parts)


def error(game: BEGAN, samples: torch.Tensor) -> torch.Tensor:
    reconstructions = game.discriminator.decoder(game.discriminator.encoder(samples))
    return (samples - reconstructions).abs().mean()


def fake(game: BEGAN, move: int = 0) -> torch.Tensor:
    """What the game generates on the n-th move of the same batch."""
    random = torch.Generator().manual_seed(2)
    return game.generator([game.prior.draw(6, random) for _ in range(move + 1)][-1])


@pytest.mark.parametrize("balance", [0.0, 0.3])
def test_the_losses_are_those_of_the_paper(balance: float) -> None:
    game, real, generated = play(), batch().real, fake(play())
    game.balance.fill_(balance)
    expected = error(game, real) - balance * error(game, generated)
    torch.testing.assert_close(game.discriminate(batch())["adversarial"], expected)
    torch.testing.assert_close(game.generate(batch())["adversarial"], error(game, generated))


@pytest.mark.parametrize("parts", [1, 2])
def test_the_balance_follows_the_diversity_ratio_and_stays_between_0_and_1(parts: int) -> None:
    game, played = play(diversity=0.9, rate=0.1), batch(parts)
    game.discriminate(played)
    game.generate(played)
    real, generated = error(game, played.real), error(game, fake(game, move=1))
    step = 0.1 * (0.9 * real - generated)
    torch.testing.assert_close(game.balance, (step / parts).clamp(0, 1))
    torch.testing.assert_close(played.observations["convergence"], real + (0.9 * real - generated).abs())
    game.error.fill_(-100)
    game.generate(batch())
    assert game.balance == 0
    game.error.fill_(100)
    game.generate(batch())
    assert game.balance == 1


def test_penalties_read_the_error_as_a_score_and_the_balance_is_saved() -> None:
    game = play(penalties=(R1(),))
    assert game.discriminate(batch()).keys() == {"adversarial", "R1"}
    assert {"balance", "error"} <= game.state_dict().keys()
    assert game.condition == Condition()
