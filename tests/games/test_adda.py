"""ADDA: first the source is learned, then the target's encoder moves against the discriminator, and nobody else."""

import pytest
import torch
from torch.nn.functional import cross_entropy, softplus

from sparring.game import Batch, Team
from sparring.games import ADDA
from sparring.losses import LeastSquares, Relativistic
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1
from sparring.training.optimizers import Adam

SAMPLE, CLASSES = (1, 2, 3), torch.tensor([0, -1, 2, -1, 1, -1])
KNOWN, UNKNOWN = CLASSES != -1, CLASSES == -1
BEFORE, AFTER = 99, 100


def play(**rules: object) -> ADDA:
    torch.manual_seed(0)
    cast = {"encoder": MLP.Spec(width=5), "embedding": 4, "pretraining": 100}
    game = ADDA.Spec(**{**cast, **rules}).build(SAMPLE, Condition(3, partly=True))  # type: ignore[arg-type]
    assert isinstance(game, ADDA)
    return game


def part(game: ADDA) -> ADDA:
    """Returns the game after the target's encoder has gone its own way."""
    with torch.no_grad():
        for parameter in game.target_encoder.parameters():
            parameter += 0.3 * torch.randn_like(parameter)
    return game


def batch(images: int) -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, CLASSES, 0, torch.Generator().manual_seed(2), images=images)


def team(game: ADDA, name: str) -> Team:
    return next(team for team in game.teams if team.name == name)


def moved(game: ADDA, name: str, images: int) -> set[str]:
    """Returns the players that get gradients on a team's move."""
    game.zero_grad()
    with game.to_move(team(game, name)):
        torch.stack(list(team(game, name).losses(batch(images)).values())).sum().backward()
    return {path.partition(".")[0] for path, weight in game.named_parameters() if weight.grad is not None}


def test_the_target_begins_as_the_source() -> None:
    game = play()
    for one, other in zip(game.source_encoder.parameters(), game.target_encoder.parameters(), strict=True):
        assert torch.equal(one, other)
        assert one is not other


def test_before_only_the_source_learns_and_the_target_follows() -> None:
    game = part(play())
    assert moved(game, "source", BEFORE) == {"source_encoder", "classifier"}
    assert moved(game, "discriminator", BEFORE) == set()
    assert moved(game, "target", BEFORE) == set()
    for one, other in zip(game.source_encoder.parameters(), game.target_encoder.parameters(), strict=True):
        assert torch.equal(one, other)


def test_after_only_the_target_and_the_discriminator_move() -> None:
    game = part(play(penalties=(R1(),)))
    assert moved(game, "source", AFTER) == set()
    assert moved(game, "discriminator", AFTER) == {"discriminator"}
    assert moved(game, "target", AFTER) == {"target_encoder"}


def test_an_optimizer_with_momentum_leaves_a_team_that_waits_where_it_is() -> None:
    game = play()
    source = team(game, "source")
    optimizer = Adam(learning_rate=0.1, betas=(0.9, 0.999)).build(source.parameters())
    for images in (BEFORE, AFTER):
        before = [weight.detach().clone() for weight in source.parameters()]
        optimizer.zero_grad()
        torch.stack(list(source.losses(batch(images)).values())).sum().backward()
        optimizer.step()
        still = [torch.equal(one, other) for one, other in zip(before, source.parameters(), strict=True)]
        assert all(still) == (images == AFTER)


def test_the_classifier_learns_from_source_samples() -> None:
    game = play()
    logits = game.classifier(game.source_encoder(batch(BEFORE).real[KNOWN]))
    torch.testing.assert_close(game.learn(batch(BEFORE))["class"], cross_entropy(logits, CLASSES[KNOWN]))


def test_the_target_minimises_the_cross_entropy_of_inverted_labels() -> None:
    game, given = part(play()), batch(AFTER)
    source = game.discriminator(game.source_encoder(given.real[KNOWN]))
    target = game.discriminator(game.target_encoder(given.real[UNKNOWN]))
    expected = softplus(-source).mean() + softplus(target).mean()  # eq. 7: labels 1 and 0
    torch.testing.assert_close(game.discriminate(given)["adversarial"], expected)
    torch.testing.assert_close(game.adapt(given)["adversarial"], softplus(-target).mean())  # eq. 8: label 1


@pytest.mark.parametrize("losses", [LeastSquares(), Relativistic()])
def test_other_losses_are_played_as_by_a_generator(losses: LeastSquares | Relativistic) -> None:
    game, given = part(play(losses=losses)), batch(AFTER)
    source = game.discriminator(game.source_encoder(given.real[KNOWN]))
    target = game.discriminator(game.target_encoder(given.real[UNKNOWN]))
    torch.testing.assert_close(game.discriminate(given)["adversarial"], losses.discriminator(source, target))
    torch.testing.assert_close(game.adapt(given)["adversarial"], losses.generator(target, source))


def test_targets_are_classified_through_their_own_encoder() -> None:
    game, samples = part(play()), torch.randn(3, *SAMPLE)
    expected = game.classifier(game.target_encoder(samples)).log_softmax(1)
    torch.testing.assert_close(game.classify(samples), expected)
    assert not torch.equal(game.encode(samples), game.encode_source(samples))
