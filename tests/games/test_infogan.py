"""InfoGAN: who reads the codes, whose weights learn it, and what there is to see."""

from math import log

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from sparring.errors import ShapeError, SpecError
from sparring.game import Batch, Team
from sparring.games import InfoGAN
from sparring.latents import Categorical, Continuous, Gaussian
from sparring.losses import (
    Hinge,
    LeastSquares,
    MaximumLikelihood,
    Minimax,
    NonSaturating,
    Relativistic,
    RelativisticAverage,
    Wasserstein,
)
from sparring.networks import MLP, DCGANDiscriminator
from sparring.penalties import R1, R2, FeatureMatching, GradientPenalty, LatentDiversity

SAMPLE = (1, 2, 3)
CODES = (Categorical(size=4), Continuous(size=2), Continuous(size=1, deviation=1.0, weight=0.5))
TOLD = 4 + 4 + 1


def play(**rules: object) -> InfoGAN:
    torch.manual_seed(0)
    cast = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "noise": Gaussian(size=3)}
    game = InfoGAN.Spec(**{**cast, "codes": CODES, **rules}).build(SAMPLE)  # type: ignore[arg-type]
    assert isinstance(game, InfoGAN)
    return game


def apart(**rules: object) -> InfoGAN:
    """One whose recognizer is a network of its own."""
    return play(recognizer=MLP.Spec(width=5), **rules)


both = pytest.mark.parametrize("build", [play, apart])


def batch(step: int = 0) -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, None, step, torch.Generator().manual_seed(2))


def team_of(game: InfoGAN, name: str) -> Team:
    return next(team for team in game.teams if team.name == name)


def gradients(game: InfoGAN, team: str, loss: str) -> dict[str, Tensor]:
    """Returns what one addend of a team's losses gives to the weights of the game, where it is not zero."""
    game.zero_grad()
    moving = team_of(game, team)
    with game.to_move(moving):
        moving.losses(batch())[loss].backward()
    return {path: p.grad for path, p in game.named_parameters() if p.grad is not None and p.grad.any()}


def test_latents_are_noise_and_behind_it_the_codes() -> None:
    latents = play().draw_latents(500, torch.Generator().manual_seed(0))
    assert latents.shape == (500, 3 + 4 + 2 + 1)
    assert torch.equal(latents[:, 3:7].sum(1), torch.ones(500))
    assert latents[:, 7:].abs().max() <= 1
    assert latents[:, :3].abs().max() > 1


@both
def test_recognition_is_minus_the_weighted_bound_and_the_bound_is_observed_in_nats(build: object) -> None:
    game = build()  # type: ignore[operator]
    given = batch()
    losses = game.generate(given)
    latents = game.draw_latents(6, torch.Generator().manual_seed(2))
    samples = game.render(latents)
    outputs = game.recognizer(samples) if game.recognizer else game.discriminator(samples)[:, 1:]
    category = log(4) - cross_entropy(outputs[:, :4], latents[:, 3:7].argmax(1))
    torch.testing.assert_close(given.observations["information_categorical"], category.detach())
    parts = [given.observations[f"information_{name}"] for name in ("categorical", "continuous-1", "continuous-2")]
    torch.testing.assert_close(given.observations["information"], torch.stack(parts).sum())
    torch.testing.assert_close(losses["recognition"].detach(), -(parts[0] + parts[1] + 0.5 * parts[2]))


def test_a_single_code_needs_no_line_of_its_own() -> None:
    given = batch()
    play(codes=(Categorical(size=3),)).generate(given)
    assert given.observations.keys() == {"information"}


def test_a_shared_discriminator_is_one_network_whose_last_layer_tells_the_codes_too() -> None:
    game = play()
    assert game.recognizer is None
    assert {name: list(team.players) for name, team in ((team.name, team) for team in game.teams)} == {
        "discriminator": ["discriminator"],
        "generator": ["generator"],
    }
    assert game.discriminator(batch().real).shape == (6, 1 + TOLD)


def test_shared_layers_learn_to_read_on_the_discriminators_move_and_the_generator_to_write_on_its_own() -> None:
    game = play()
    reading = gradients(game, "discriminator", "recognition")
    assert {path.partition(".")[0] for path in reading} == {"discriminator"}
    assert reading.keys() == {f"discriminator.{path}" for path, _ in game.discriminator.named_parameters()}
    last = reading["discriminator.layers.4.weight"]
    assert not last[0].any(), "the score's weights are not concerned"
    assert last[1:].any()
    scoring = gradients(game, "discriminator", "adversarial")
    assert not scoring["discriminator.layers.4.weight"][1:].any()
    assert scoring["discriminator.layers.0.weight"].any()
    writing = gradients(game, "generator", "recognition")
    assert {path.partition(".")[0] for path in writing} == {"generator"}


def test_a_recognizer_of_its_own_learns_with_the_generator_and_the_discriminator_hears_nothing_of_codes() -> None:
    game = apart()
    assert list(team_of(game, "generator").players) == ["generator", "recognizer"]
    assert game.discriminator(batch().real).shape == (6, 1)
    assert game.discriminate(batch()).keys() == {"adversarial"}
    learning = gradients(game, "generator", "recognition")
    assert {path.partition(".")[0] for path in learning} == {"generator", "recognizer"}
    fooled = gradients(game, "generator", "adversarial")
    assert {path.partition(".")[0] for path in fooled} == {"generator"}


@both
@pytest.mark.parametrize(
    "losses",
    [
        NonSaturating(), Minimax(), MaximumLikelihood(), Hinge(), LeastSquares(), Wasserstein(), Relativistic(),
        RelativisticAverage(of=Hinge()),
    ],
    ids=repr,
)  # fmt: skip
def test_adversarial_losses_are_those_of_the_first_output(build: object, losses: LeastSquares) -> None:
    game = build(losses=losses)  # type: ignore[operator]
    fake = game.render(game.draw_latents(6, torch.Generator().manual_seed(2)))
    real_scores, fake_scores = game.discriminator(batch().real)[:, :1], game.discriminator(fake)[:, :1]
    torch.testing.assert_close(
        game.discriminate(batch())["adversarial"], losses.discriminator(real_scores, fake_scores)
    )
    torch.testing.assert_close(game.generate(batch())["adversarial"], losses.generator(fake_scores, real_scores))


@both
def test_penalties_are_addends_of_their_players_losses(build: object) -> None:
    kinds = (R1(every=2), R2(), GradientPenalty())
    game = build(penalties=kinds, generator_penalties=(LatentDiversity(), FeatureMatching()))  # type: ignore[operator]
    assert game.discriminate(batch()).keys() >= {"adversarial", "R1", "R2", "GradientPenalty"}
    assert "R1" not in game.discriminate(batch(step=1))
    assert game.generate(batch()).keys() == {"adversarial", "recognition", "LatentDiversity", "FeatureMatching"}
    assert game.capture_key(batch()) != game.capture_key(batch(step=1))


@both
def test_what_is_recognized_is_what_the_codes_are_expected_to_be(build: object) -> None:
    game = build()  # type: ignore[operator]
    with game.evaluating():
        category, pair, number = game.recognize(batch().real)
    assert (category.shape, pair.shape, number.shape) == ((6, 4), (6, 2), (6, 1))
    torch.testing.assert_close(category.sum(1), torch.ones(6))


def test_a_traversal_moves_one_code_along_each_row_and_nothing_else() -> None:
    game = play()
    with game.evaluating():
        panels = game.sample_grids(batch().real, None, seed=3)
    assert {name: panel.columns for name, panel in panels.items()} == {
        "categorical": 4, "continuous-1-1": 10, "continuous-1-2": 10, "continuous-2": 10,
    }  # fmt: skip
    latents = game.draw_latents(6, torch.Generator().manual_seed(3))
    latents[:, 3:7] = torch.eye(4)[2]
    shown = panels["categorical"].samples.unflatten(0, (6, 4))
    torch.testing.assert_close(shown[:, 2], game.render(latents))
    latents = game.draw_latents(6, torch.Generator().manual_seed(3))
    latents[:, 8] = 1.0
    torch.testing.assert_close(panels["continuous-1-2"].samples.unflatten(0, (6, 10))[:, -1], game.render(latents))


def test_pictures_of_scores_show_the_score_alone() -> None:
    samples = batch().real
    game = play()
    assert torch.equal(game.discriminator_score(samples), game.discriminator(samples)[:, :1])  # type: ignore[arg-type]
    assert not game.spherical


def test_what_cannot_be_is_refused_before_training() -> None:
    with pytest.raises(SpecError, match=r"codes: .*at least 1 item"):
        InfoGAN.Spec.read({"codes": []})
    with pytest.raises(SpecError, match=r"codes\.0\.kind: got 'Gaussian', not a kind of Code"):
        InfoGAN.Spec.read({"codes": ["Gaussian"]})
    with pytest.raises(ShapeError, match=r"game.recognizer: DCGANDiscriminator maps images"):
        InfoGAN.Spec(generator=MLP.Spec(), discriminator=MLP.Spec(), recognizer=DCGANDiscriminator.Spec()).build((2,))
