"""The semi-supervised GAN: what is learned from labels, from none, and by the generator."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from sparring.errors import SpecError
from sparring.game import Batch
from sparring.games import SemiSupervised
from sparring.latents import Gaussian
from sparring.losses import NonSaturating
from sparring.network import Condition
from sparring.networks import MLP
from sparring.penalties import R1, LatentDiversity

SAMPLE = (1, 2, 3)


def play(**rules: object) -> SemiSupervised:
    torch.manual_seed(0)
    cast = {"generator": MLP.Spec(width=5), "discriminator": MLP.Spec(width=5), "prior": Gaussian(size=3)}
    game = SemiSupervised.Spec(**{**cast, **rules}).build(SAMPLE, Condition(3, partly=True))  # type: ignore[arg-type]
    assert isinstance(game, SemiSupervised)
    return game


def batch(*labels: int) -> Batch:
    real = torch.randn(6, *SAMPLE, generator=torch.Generator().manual_seed(1))
    return Batch(real, torch.tensor(labels or (0, -1, 2, -1, -1, 1)), 0, torch.Generator().manual_seed(2))


def generated(game: SemiSupervised) -> torch.Tensor:
    fake: torch.Tensor = game.generator(game.spec.prior.draw(6, torch.Generator().manual_seed(2)))
    return fake


def test_it_is_a_classifier_of_one_class_more_whose_logit_is_zero() -> None:
    game, given = play(), batch()
    real, fake = (
        torch.cat((game.discriminator(samples)[:, 1:], torch.zeros(6, 1)), 1).log_softmax(1)
        for samples in (given.real, generated(game))
    )
    expected = -(1 - real[:, 3].exp()).log().mean() - fake[:, 3].mean()
    torch.testing.assert_close(game.discriminate(given)["adversarial"], expected)


def test_the_class_is_learned_from_labelled_samples_only() -> None:
    game, given = play(class_weight=2.0), batch()
    known = torch.tensor([0, 2, 5])
    logits = game.discriminator(given.real)[:, 1:]
    expected = 2 * cross_entropy(logits[known], torch.tensor([0, 2, 1]))
    torch.testing.assert_close(game.discriminate(given)["class"], expected)
    torch.testing.assert_close(given.observations["labelled"], torch.tensor(0.5))
    assert game.discriminate(batch(-1, -1, -1, -1, -1, -1))["class"] == 0


def test_the_generator_matches_the_mean_features_of_real_samples() -> None:
    game, given = play(), batch()
    real, fake = (game.discriminator.features(samples).mean(0) for samples in (given.real, generated(game)))
    found = game.generate(given)
    assert found.keys() == {"feature_matching"}
    torch.testing.assert_close(found["feature_matching"], (real - fake).square().sum())


def test_penalties_look_at_the_score_of_real_against_generated() -> None:
    game, given = play(penalties=(R1(weight=2.0),), generator_penalties=(LatentDiversity(),)), batch()
    real = given.real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(game.discriminator(real)[:, 1:].logsumexp(1).sum(), real)
    torch.testing.assert_close(game.discriminate(given)["R1"], gradient.flatten(1).square().sum(1).mean())
    assert game.generate(batch()).keys() == {"feature_matching", "LatentDiversity"}


def test_it_says_how_many_held_out_samples_it_classifies_right() -> None:
    game, given = play(), batch(0, 1, 2, 0, 1, 2)
    assert given.condition is not None
    with game.evaluating():
        found = game.validation_metrics(given.real, given.condition)
        right = (game.classify(given.real).argmax(1) == given.condition).float().mean()
    assert found == {"accuracy": float(right)}
    assert game.spec.validation_metric_directions == {"accuracy": "higher"}


def test_the_generator_is_told_no_class() -> None:
    game = play()
    assert game.condition == Condition()
    assert game.discriminator_score(batch().real) is None
    with pytest.raises(SpecError, match="not conditional"):
        game.draw_samples(1, 0, 2)


def test_data_without_classes_is_refused() -> None:
    with pytest.raises(SpecError, match="SemiSupervised learns classes, and the data has none"):
        SemiSupervised.Spec(losses=NonSaturating()).build(SAMPLE, Condition())
