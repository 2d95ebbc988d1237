"""AC-GAN: who gets the class, and what the two players make of it."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from sparring.errors import SpecError
from sparring.game import Batch
from sparring.games import ACGAN
from sparring.latents import Gaussian
from sparring.losses import Hinge
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1, FeatureMatching, GradientPenalty

SAMPLE = (1, 2, 3)


def play(**rules: object) -> ACGAN:
    torch.manual_seed(0)
    cast = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "prior": Gaussian(size=3)}
    game = ACGAN.Spec(**{**cast, **rules}).build(SAMPLE, Condition(3))  # type: ignore[arg-type]
    assert isinstance(game, ACGAN)
    return game


def batch() -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, torch.tensor([0, 1, 2, 0, 1, 2]), 0, torch.Generator().manual_seed(2))


def test_losses_are_those_of_scores_and_classes_of_real_and_generated_samples() -> None:
    game, given = play(losses=Hinge(), class_weight=0.5), batch()
    fake = game.generator(game.spec.prior.draw(6, torch.Generator().manual_seed(2)), given.condition)
    real_said, fake_said = game.discriminator(given.real), game.discriminator(fake)
    assert real_said.shape == (6, 4)
    assert given.condition is not None
    found = game.discriminate(given)
    expected = {
        "adversarial": Hinge().discriminator(real_said[:, :1], fake_said[:, :1]),
        "class_real": 0.5 * cross_entropy(real_said[:, 1:], given.condition),
        "class_fake": 0.5 * cross_entropy(fake_said[:, 1:], given.condition),
    }
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(
        game.generate(batch()),
        {"adversarial": Hinge().generator(fake_said[:, :1]), "class": expected["class_fake"]},
    )
    right = (real_said[:, 1:].argmax(1) == given.condition).float().mean()
    torch.testing.assert_close(given.observations["accuracy_real"], right)


def test_penalties_look_at_the_score_and_not_at_the_classes() -> None:
    game = play(penalties=(R1(weight=2.0), GradientPenalty()), generator_penalties=(FeatureMatching(),))
    given = batch()
    real = given.real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(game.discriminator(real)[:, 0].sum(), real)
    losses = game.discriminate(given)
    expected = R1(weight=2.0).weight * gradient.flatten(1).square().sum(1).mean() / 2
    torch.testing.assert_close(losses["R1"], expected)
    assert losses["GradientPenalty"].isfinite()
    assert game.generate(batch())["FeatureMatching"].isfinite()


def test_the_discriminator_is_told_no_class_and_tells_one() -> None:
    game, samples = play(), batch().real
    with game.evaluating():
        predictions = game.classify(samples)
    torch.testing.assert_close(predictions.exp().sum(1), torch.ones(6))
    assert game.draw_samples(4, 0, 2).shape == (4, *SAMPLE)
    assert game.discriminator_score(samples) is None


def test_a_game_without_classes_is_refused() -> None:
    for condition, said in (
        (Condition(), "the data has no labels"),
        (Condition(numbers=2), "ACGAN recognizes classes, and the data has numbers"),
        (Condition(3, partly=True), "labels of some samples only"),
    ):
        with pytest.raises(SpecError, match=said):
            ACGAN.Spec(generator=MLP.Spec(), discriminator=MLP.Spec()).build(SAMPLE, condition)
