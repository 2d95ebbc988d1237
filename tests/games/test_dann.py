"""DANN: everyone descends, and between encoder and discriminator gradients turn round."""

from math import exp

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from sparring.errors import ShapeError
from sparring.game import Batch, Losses
from sparring.games import DANN
from sparring.losses import Hinge, Wasserstein
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1
from sparring.spec.schedule import Logistic

SAMPLE, CLASSES = (1, 2, 3), torch.tensor([0, -1, 2, -1, 1, -1])
KNOWN, UNKNOWN = CLASSES != -1, CLASSES == -1


def play(**rules: object) -> DANN:
    torch.manual_seed(0)
    cast = {"encoder": MLP.Spec(width=5), "embedding": 4}
    game = DANN.Spec(**{**cast, **rules}).build(SAMPLE, Condition(3, partly=True))  # type: ignore[arg-type]
    assert isinstance(game, DANN)
    return game


def batch(images: int = 0) -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, CLASSES, 0, torch.Generator().manual_seed(2), images=images)


def gradients(game: DANN, total: Tensor) -> dict[str, Tensor]:
    found = torch.autograd.grad(total, list(game.parameters()), allow_unused=True, retain_graph=True)
    named = zip((name for name, _ in game.named_parameters()), found, strict=True)
    return {name: torch.zeros(()) if gradient is None else gradient for name, gradient in named}


def plain(game: DANN, given: Batch) -> Losses:
    """Returns equation 9's two parts without any reversal: of classes, and of domains as labels 1 and 0."""
    embeddings = game.encoder(given.real)
    scores = game.discriminator(embeddings)[:, 0]
    domains = sum(
        binary_cross_entropy_with_logits(scores[chosen], torch.full((3,), label))
        for chosen, label in ((KNOWN, 1.0), (UNKNOWN, 0.0))
    )
    assert isinstance(domains, Tensor)
    return {"class": cross_entropy(game.classifier(embeddings[KNOWN]), CLASSES[KNOWN]), "adversarial": domains}


def test_losses_are_those_of_classes_and_of_domains() -> None:
    game = play(strength=0.7)
    torch.testing.assert_close(game.learn(batch()), plain(game, batch()))


@pytest.mark.parametrize("strength", [0.0, 0.7, 1.0])
def test_the_encoder_descends_on_classes_and_ascends_on_domains_times_the_strength(strength: float) -> None:
    game = play(strength=strength)
    losses, parts = game.learn(batch()), plain(game, batch())
    found = gradients(game, losses["class"] + losses["adversarial"])
    classes, domains = gradients(game, parts["class"]), gradients(game, parts["adversarial"])
    for name, gradient in found.items():
        weight = -strength if name.startswith("encoder") else 1
        torch.testing.assert_close(gradient, classes[name] + weight * domains[name])


def test_the_strength_follows_the_images() -> None:
    game = play(strength=Logistic(start=0, end=1, images=1000))
    given = batch(images=250)
    game.learn(given)
    assert float(given.observations["strength"]) == pytest.approx(2 / (1 + exp(-10 * 0.25)) - 1)


def test_who_takes_everything_for_the_source_is_right_half_the_time() -> None:
    game, given = play(), batch()
    with torch.no_grad():
        for parameter in game.discriminator.parameters():
            parameter.copy_(parameter.ndim == 1)  # weights of 0, biases of 1
    game.learn(given)
    assert given.observations["domain_accuracy"] == 0.5


def test_any_adversarial_loss_is_played_as_a_zero_sum_game() -> None:
    for losses in (Hinge(), Wasserstein()):
        game = play(losses=losses, strength=1.0)
        scores = game.discriminator(game.encoder(batch().real))
        expected = losses.discriminator(scores[KNOWN], scores[UNKNOWN])
        torch.testing.assert_close(game.learn(batch())["adversarial"], expected)


def test_penalties_are_the_discriminators_alone() -> None:
    game = play(penalties=(R1(weight=2.0),), strength=1.0)
    penalty = game.learn(batch())["R1"]
    embeddings = game.encoder(batch().real)[KNOWN].detach().requires_grad_()
    (gradient,) = torch.autograd.grad(game.discriminator(embeddings).sum(), embeddings)
    torch.testing.assert_close(penalty, gradient.square().sum(1).mean())
    found = gradients(game, penalty)
    moved = {name.partition(".")[0] for name, gradient in found.items() if gradient.any()}
    assert moved == {"discriminator"}


def test_an_encoder_that_cannot_see_the_samples_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"game\.encoder"):
        DANN.Spec().build((5,), Condition(3, partly=True))
